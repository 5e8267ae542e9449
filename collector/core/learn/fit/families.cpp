#include "collector/core/learn/fit/families.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace aftercare::collector {
namespace {

constexpr std::uint32_t kGone = UINT32_MAX;

/// New numbers of those that are used, in order; kGone for the others.
std::vector<std::uint32_t> renumber(const std::vector<bool>& used) {
    std::vector<std::uint32_t> numbers(used.size(), kGone);
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < used.size(); ++i) {
        if (used[i]) numbers[i] = next++;
    }
    return numbers;
}

template <class T>
std::vector<T> kept(const std::vector<T>& all, const std::vector<bool>& used) {
    std::vector<T> some;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (used[i]) some.push_back(all[i]);
    }
    return some;
}

std::vector<bool> metrics_used(const History& history, const std::vector<bool>& devices) {
    const std::size_t width = history.metrics.size();
    std::vector<bool> used(width, false);
    for (const HistoryReading& reading : history.readings) {
        if (!devices[reading.device]) continue;
        const float* values = history.values.data() + std::size_t{reading.row} * width;
        for (std::size_t m = 0; m < width; ++m) used[m] = used[m] || values[m] == values[m];
    }
    return used;
}

History some_of(const History& history, const std::vector<bool>& devices) {
    History part;
    part.name = history.name;
    part.watched_to = history.end();
    part.devices = kept(history.devices, devices);
    const auto device_number = renumber(devices);
    const std::vector<bool> metrics = metrics_used(history, devices);
    part.metrics = kept(history.metrics, metrics);
    for (HistoryReading reading : history.readings) {
        if (!devices[reading.device]) continue;
        const std::size_t first = std::size_t{reading.row} * history.metrics.size();
        reading.device = device_number[reading.device];
        reading.row = static_cast<std::uint32_t>(part.readings.size());
        part.readings.push_back(reading);
        for (std::size_t m = 0; m < metrics.size(); ++m) {
            if (metrics[m]) part.values.push_back(history.values[first + m]);
        }
    }
    std::vector<bool> codes(history.fault_codes.size(), false);
    for (const HistoryFault& fault : history.faults) {
        if (devices[fault.device]) codes[fault.code] = true;
    }
    part.fault_codes = kept(history.fault_codes, codes);
    const auto code_number = renumber(codes);
    for (HistoryFault fault : history.faults) {
        if (!devices[fault.device]) continue;
        fault.device = device_number[fault.device];
        fault.code = code_number[fault.code];
        part.faults.push_back(fault);
    }
    std::set<std::string> components;
    for (HistoryOutcome outcome : history.outcomes) {
        if (!devices[outcome.device]) continue;
        outcome.device = device_number[outcome.device];
        if (!outcome.component.empty()) components.insert(outcome.component);
        part.outcomes.push_back(std::move(outcome));
    }
    part.components.assign(components.begin(), components.end());
    return part;
}

/// What outcomes about a component call its failure, where the family has such a mode.
std::map<std::string, std::uint32_t> votes_for(const std::string& component,
                                               std::span<const History> histories) {
    std::map<std::string, std::uint32_t> votes;
    for (const History& history : histories) {
        for (const HistoryOutcome& outcome : history.outcomes) {
            if (outcome.component == component && life_end(outcome.code) == LifeEnd::failed) {
                ++votes[outcome.failure_mode];
            }
        }
    }
    return votes;
}

std::string mode_for(const std::string& component, const ModelInfo& model,
                     std::span<const History> histories) {
    std::string best;
    std::uint32_t most = 0;
    const auto votes = votes_for(component, histories);
    for (const FailureMode& mode : model.failure_modes) {
        if (mode.component != component) continue;
        const auto counted = votes.find(mode.id);
        const std::uint32_t count = counted == votes.end() ? 0 : counted->second;
        if (!best.empty() && count <= most) continue;
        best = mode.id;
        most = count;
    }
    return best;
}

}  // namespace

std::vector<Family> families_of(std::span<const History> histories, const Catalogue& catalogue) {
    std::set<std::string> there;
    for (const History& history : histories) {
        for (const HistoryDevice& device : history.devices) there.insert(device.model);
    }
    std::vector<Family> families;
    for (const ModelInfo& model : catalogue.models) {
        if (!there.contains(model.id)) continue;
        const std::string& name = model.family.empty() ? model.id : model.family;
        auto family = std::find_if(families.begin(), families.end(),
                                   [&](const Family& one) { return one.name == name; });
        if (family == families.end()) family = families.insert(families.end(), {name, {}});
        family->models.push_back(model.id);
    }
    return families;
}

std::vector<History> of_family(std::span<const History> histories, const Family& family) {
    std::vector<History> parts;
    for (const History& history : histories) {
        std::vector<bool> devices;
        for (const HistoryDevice& device : history.devices) {
            devices.push_back(std::find(family.models.begin(), family.models.end(), device.model) !=
                              family.models.end());
        }
        parts.push_back(some_of(history, devices));
    }
    return parts;
}

FitOptions options_for(const Family& family, std::span<const History> histories,
                       const Catalogue& catalogue, FitOptions options) {
    options.models = family.models;
    options.catalogued = true;
    const ModelInfo* model = catalogue.model(family.models.front());
    if (model == nullptr) return options;
    for (const ComponentInfo& component : model->components) {
        const std::string mode = mode_for(component.name, *model, histories);
        if (!mode.empty()) options.failure_modes.emplace(component.name, mode);
    }
    return options;
}

void append(Fit part, const Family& family, Fit& whole) {
    std::set<std::string> known;
    for (const Rule& rule : whole.pack.rules) known.insert(rule.id);
    whole.pack.id = part.pack.id;
    for (FittedRule& fitted : part.rules) {
        if (known.contains(fitted.rule.id)) {
            fitted.rule.id = rule_id_of(family.name + "_" + fitted.rule.id);
        }
        whole.pack.rules.push_back(fitted.rule);
        whole.rules.push_back(std::move(fitted));
    }
    for (LeftOut& one : part.left_out) whole.left_out.push_back(std::move(one));
}

}  // namespace aftercare::collector
