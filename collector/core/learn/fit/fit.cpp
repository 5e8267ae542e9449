#include "collector/core/learn/fit/fit.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "common/crc32c.hpp"

namespace aftercare::collector {
namespace {

std::size_t failure_count(const Fleet& fleet, std::uint32_t component) {
    std::size_t count = 0;
    for (const FleetDevice& device : fleet.devices) {
        count += static_cast<std::size_t>(
            std::count_if(device.repairs.begin(), device.repairs.end(), [&](const auto& repair) {
                return repair.component == component && repair.end == LifeEnd::failed &&
                       repair.at >= device.begin;
            }));
    }
    return count;
}

/// One node per metric: both sides of it are "either".
std::vector<Predicate> drifts_of(const Fleet& fleet, const DriftFilter& filter) {
    std::vector<Predicate> drifts;
    for (const DriftName& name : filter.any_of) {
        const auto twin = std::find_if(drifts.begin(), drifts.end(), [&](const Predicate& node) {
            return node.metric == fleet.metrics[name.metric];
        });
        if (twin != drifts.end()) {
            twin->side = Side::either;
            continue;
        }
        drifts.push_back(drift_predicate(fleet, scale_of(fleet, name.metric), name, filter.shape));
    }
    return drifts;
}

void shorten_holds(Predicate& node, milliseconds hold) {
    if (node.kind == PredicateKind::fault_count) node.hold = std::min(node.hold, hold);
    for (Predicate& child : node.children) shorten_holds(child, hold);
}

Predicate condition_of(const Fleet& fleet, const Trigger& trigger, milliseconds hold,
                       std::vector<Predicate> drifts) {
    Predicate when = predicate_of(fleet, trigger);
    if (drifts.empty()) return when;
    // The codes of a pair keep their window: it says how far apart they may come.
    if (trigger.kind != Trigger::Kind::pair) shorten_holds(when, hold);
    Predicate joined;
    joined.kind = PredicateKind::all;
    if (when.kind == PredicateKind::all) {
        joined.children = std::move(when.children);
    } else {
        joined.children.push_back(std::move(when));
    }
    if (drifts.size() == 1) {
        joined.children.push_back(std::move(drifts.front()));
        return joined;
    }
    Predicate any;
    any.kind = PredicateKind::any;
    any.children = std::move(drifts);
    joined.children.push_back(std::move(any));
    return joined;
}

std::string joined(const std::vector<std::string>& names, std::string_view by) {
    std::string text;
    for (const std::string& name : names) {
        if (!text.empty()) text += by;
        text += name;
    }
    return text;
}

/// What the rule is called, and what it says in words.
void name_rule(const Fleet& fleet, const Trigger& trigger, const std::vector<Predicate>& drifts,
               Rule& rule) {
    std::vector<std::string> codes, moves;
    for (const std::uint32_t code : trigger.codes) codes.push_back(fleet.codes[code]);
    const bool pair = trigger.kind == Trigger::Kind::pair;
    rule.id = rule.component + "_" + joined(codes, "_");
    rule.title = rule.component + ": " + joined(codes, pair ? " with " : " or ");
    for (const Predicate& node : drifts) {
        rule.id += "_" + node.metric;
        const char* way = node.side == Side::above   ? " has risen"
                          : node.side == Side::below ? " has fallen"
                                                     : " has moved";
        moves.push_back(node.metric + way);
    }
    if (!moves.empty()) rule.title += " while " + joined(moves, " or ");
}

const std::string& failure_mode_of(const std::string& component, const FitOptions& options) {
    const auto known = options.failure_modes.find(component);
    return known == options.failure_modes.end() ? component : known->second;
}

FittedRule rule_of(const Fleet& fleet, TriggerOf trigger, DriftFilter filter,
                   const FitOptions& options) {
    FittedRule fitted{.trigger = std::move(trigger), .filter = std::move(filter)};
    const TrialTally& tally = fitted.trigger.trigger.tally;
    const Quality bare = quality_of(tally);
    fitted.precision = bare.precision;
    fitted.recall = bare.recall;
    if (!fitted.filter.any_of.empty()) {
        // What the filter is expected to leave of the tickets that were seen.
        const double right = tally.right * fitted.filter.recall / bare.recall.mean;
        const double wrong = right * (1 - fitted.filter.precision) / fitted.filter.precision;
        fitted.precision = share_of(right, wrong);
        fitted.recall = share_of(right, tally.failures() - right);
    }
    Rule& rule = fitted.rule;
    rule.component = fleet.components[fitted.trigger.component];
    rule.failure_mode = failure_mode_of(rule.component, options);
    rule.models = options.models;
    rule.horizon = fitted.trigger.trigger.horizon;
    rule.severity = Severity::major;
    rule.probability = std::round(fitted.precision.mean * 100) / 100;
    std::vector<Predicate> drifts = drifts_of(fleet, fitted.filter);
    name_rule(fleet, fitted.trigger.trigger, drifts, rule);
    rule.id = rule_id_of(rule.id);
    fitted.failures = failure_count(fleet, fitted.trigger.component);
    rule.when =
        condition_of(fleet, fitted.trigger.trigger, fitted.filter.shape.hold, std::move(drifts));
    if (fitted.precision.low < options.precision_floor) rule.mode = RuleMode::shadow;
    return fitted;
}

}  // namespace

std::string rule_id_of(const std::string& name) {
    constexpr std::size_t kBytesMax = 64;
    std::string id = name;
    for (char& c : id) {
        const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
        if (!allowed) c = '_';
    }
    if (id == name && id.size() <= kBytesMax) return id;
    char hash[10];
    std::snprintf(hash, sizeof hash, "_%08x", crc32c(name.data(), name.size()));
    return id.substr(0, kBytesMax - 9) + hash;
}

Fit fit_rules(const Fleet& fleet, const FitOptions& options) {
    Fit fit;
    fit.pack.id = options.pack_id;
    std::vector<TriggerOf> triggers;
    for (std::uint32_t c = 0; c < fleet.components.size(); ++c) {
        const std::size_t failures = failure_count(fleet, c);
        if (failures == 0) {
            fit.left_out.push_back({fleet.components[c], "it never failed under telemetry"});
            continue;
        }
        if (options.catalogued && !options.failure_modes.contains(fleet.components[c])) {
            fit.left_out.push_back(
                {fleet.components[c], "the catalogue has no failure mode of this component"});
            continue;
        }
        auto found = find_triggers(fleet, c, options.horizons);
        if (found.empty()) {
            fit.left_out.push_back(
                {fleet.components[c],
                 (failures < kFailuresEnough ? "too little to learn from: " : "") +
                     std::string("no fault code comes before its ") + std::to_string(failures) +
                     " failures more often than chance would have it"});
            continue;
        }
        for (Trigger& trigger : found) triggers.push_back({c, std::move(trigger)});
    }
    std::vector<DriftFilter> filters = find_filters(fleet, triggers);
    for (std::size_t i = 0; i < triggers.size(); ++i) {
        if (!filters[i].chosen) continue;
        fit.rules.push_back(rule_of(fleet, std::move(triggers[i]), std::move(filters[i]), options));
        fit.pack.rules.push_back(fit.rules.back().rule);
    }
    return fit;
}

}  // namespace aftercare::collector
