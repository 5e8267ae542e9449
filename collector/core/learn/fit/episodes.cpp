#include "collector/core/learn/fit/episodes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "collector/core/detect/drift.hpp"

namespace aftercare::collector {
namespace {

constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();

/// Overlapping spans become one, for a condition is true or not.
void melt(std::vector<Span>& spans) {
    std::sort(spans.begin(), spans.end(),
              [](const Span& a, const Span& b) { return a.start < b.start; });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < spans.size(); ++i) {
        if (kept > 0 && spans[i].start <= spans[kept - 1].end) {
            spans[kept - 1].end = std::max(spans[kept - 1].end, spans[i].end);
        } else {
            spans[kept++] = spans[i];
        }
    }
    spans.resize(kept);
}

template <class Of>
Episodes for_each_device(const Fleet& fleet, const Of& spans_of) {
    Episodes episodes(fleet.devices.size());
    for (std::size_t d = 0; d < fleet.devices.size(); ++d) {
        spans_of(fleet.devices[d], episodes[d]);
        melt(episodes[d]);
    }
    return episodes;
}

std::vector<float> judged(const Fleet& fleet, const FleetDevice& device, std::uint32_t metric,
                          const Predicate& drift, std::optional<std::uint32_t> component) {
    std::vector<float> result(device.readings.size(), kUnknown);
    if (fleet.columns[device.history][metric] < 0) return result;
    DriftState state;
    auto repair = device.repairs.begin();
    for (std::size_t i = 0; i < device.readings.size(); ++i) {
        const WallTime at = device.readings[i].at;
        for (; component && repair != device.repairs.end() && repair->done_at < at; ++repair) {
            if (repair->component == *component && repair->end != LifeEnd::untouched) {
                forget_before(drift, state, repair->done_at);
            }
        }
        const float value = fleet.value(device, device.readings[i], metric);
        if (std::isnan(value)) continue;
        const Verdict verdict = judge(drift, state, false, value, at);
        if (verdict.truth != Truth::unknown) result[i] = verdict.deviation;
    }
    return result;
}

/// Was the part repaired or replaced under telemetry?
bool renews(const FleetDevice& device, std::uint32_t component) {
    return std::any_of(device.repairs.begin(), device.repairs.end(), [&](const auto& repair) {
        return repair.component == component && repair.end != LifeEnd::untouched &&
               repair.at >= device.begin;
    });
}

}  // namespace

Episodes code_episodes(const Fleet& fleet, const std::vector<std::uint32_t>& codes,
                       milliseconds hold) {
    return for_each_device(fleet, [&](const FleetDevice& device, std::vector<Span>& spans) {
        for (const FleetFault& fault : device.faults) {
            if (std::find(codes.begin(), codes.end(), fault.code) != codes.end()) {
                spans.push_back({fault.at, fault.at + hold});
            }
        }
    });
}

Episodes repeat_episodes(const Fleet& fleet, std::uint32_t code, std::uint32_t count,
                         milliseconds window, milliseconds hold) {
    return for_each_device(fleet, [&](const FleetDevice& device, std::vector<Span>& spans) {
        std::vector<WallTime> times;
        for (const FleetFault& fault : device.faults) {
            if (fault.code != code) continue;
            times.push_back(fault.at);
            if (times.size() >= count && fault.at - times[times.size() - count] <= window) {
                spans.push_back({fault.at, fault.at + hold});
            }
        }
    });
}

Episodes both(const Episodes& left, const Episodes& right) {
    Episodes result(left.size());
    for (std::size_t d = 0; d < left.size(); ++d) {
        auto from = right[d].begin();
        for (const Span& a : left[d]) {
            while (from != right[d].end() && from->end < a.start) ++from;
            for (auto b = from; b != right[d].end() && b->start <= a.end; ++b) {
                result[d].push_back({std::max(a.start, b->start), std::min(a.end, b->end)});
            }
        }
    }
    return result;
}

Episodes either(const Episodes& left, const Episodes& right) {
    Episodes result = left;
    for (std::size_t d = 0; d < left.size(); ++d) {
        result[d].insert(result[d].end(), right[d].begin(), right[d].end());
        melt(result[d]);
    }
    return result;
}

Deviations deviations(const Fleet& fleet, std::uint32_t metric, const Predicate& drift) {
    Deviations all;
    for (const FleetDevice& device : fleet.devices) {
        all.push_back(std::make_shared<const std::vector<float>>(
            judged(fleet, device, metric, drift, std::nullopt)));
    }
    return all;
}

Deviations deviations_of(const Fleet& fleet, std::uint32_t metric, const Predicate& drift,
                         std::uint32_t component, const Deviations& plain) {
    Deviations all = plain;
    for (std::size_t d = 0; d < fleet.devices.size(); ++d) {
        const FleetDevice& device = fleet.devices[d];
        if (!renews(device, component)) continue;
        all[d] = std::make_shared<const std::vector<float>>(
            judged(fleet, device, metric, drift, component));
    }
    return all;
}

namespace {

std::vector<Span> drift_spans(const FleetDevice& device, const std::vector<float>& deviations,
                              Side side, double limit) {
    std::vector<Span> spans;
    bool inside = false;
    for (std::size_t i = 0; i < deviations.size(); ++i) {
        const auto z = static_cast<double>(deviations[i]);
        if (std::isnan(z)) continue;
        const double out = side == Side::above ? z : side == Side::below ? -z : std::abs(z);
        if (inside && out >= limit / 2) {
            spans.back().end = device.readings[i].at;
        } else if (out >= limit) {
            spans.push_back({device.readings[i].at, device.readings[i].at});
            inside = true;
        } else {
            inside = false;
        }
    }
    return spans;
}

}  // namespace

Episodes drift_episodes(const Fleet& fleet, const Deviations& deviations, Side side, double limit) {
    Episodes episodes;
    for (std::size_t d = 0; d < fleet.devices.size(); ++d) {
        episodes.push_back(drift_spans(fleet.devices[d], *deviations[d], side, limit));
    }
    return episodes;
}

Episodes drift_episodes_like(const Fleet& fleet, const Deviations& deviations, Side side,
                             double limit, const Deviations& known, Episodes episodes) {
    for (std::size_t d = 0; d < fleet.devices.size(); ++d) {
        if (deviations[d] == known[d]) continue;
        episodes[d] = drift_spans(fleet.devices[d], *deviations[d], side, limit);
    }
    return episodes;
}

namespace {

std::vector<Span> level_spans(const Fleet& fleet, const FleetDevice& device, std::uint32_t metric,
                              const Predicate& threshold, std::optional<std::uint32_t> component) {
    std::vector<Span> spans;
    if (fleet.columns[device.history][metric] < 0) return spans;
    bool beyond = false, shown = false;  // shown: the last span goes on
    WallTime since{};
    auto repair = device.repairs.begin();
    for (const HistoryReading& reading : device.readings) {
        const WallTime at = reading.at;
        for (; component && repair != device.repairs.end() && repair->done_at < at; ++repair) {
            if (repair->component == *component && repair->end != LifeEnd::untouched) {
                beyond = false;
            }
        }
        const auto value = static_cast<double>(fleet.value(device, reading, metric));
        if (std::isnan(value)) continue;
        const double limit = beyond ? threshold.clear_limit : threshold.limit;
        const bool was_beyond = beyond;
        beyond = threshold.side == Side::below ? value < limit : value > limit;
        if (beyond && !was_beyond) {
            since = at;
            shown = false;
        }
        if (!beyond || at < since + threshold.duration) continue;
        if (!shown) spans.push_back({at, at});
        shown = true;
        spans.back().end = at;
    }
    return spans;
}

}  // namespace

Episodes level_episodes(const Fleet& fleet, std::uint32_t metric, const Predicate& threshold) {
    Episodes episodes;
    for (const FleetDevice& device : fleet.devices) {
        episodes.push_back(level_spans(fleet, device, metric, threshold, std::nullopt));
    }
    return episodes;
}

Episodes level_episodes_of(const Fleet& fleet, std::uint32_t metric, const Predicate& threshold,
                           std::uint32_t component, const Episodes& plain) {
    Episodes episodes = plain;
    for (std::size_t d = 0; d < fleet.devices.size(); ++d) {
        if (!renews(fleet.devices[d], component)) continue;
        episodes[d] = level_spans(fleet, fleet.devices[d], metric, threshold, component);
    }
    return episodes;
}

MetricScale scale_of(const Fleet& fleet, std::uint32_t metric) {
    std::vector<Moments> own;
    std::vector<std::int64_t> gaps;
    Moments all;
    for (const FleetDevice& device : fleet.devices) {
        Moments moments;
        const HistoryReading* last = nullptr;
        for (const HistoryReading& reading : device.readings) {
            const float value = fleet.value(device, reading, metric);
            if (std::isnan(value)) continue;
            moments = merge(moments, {1, static_cast<double>(value), 0});
            if (last != nullptr) gaps.push_back((reading.at - last->at).count());
            last = &reading;
        }
        if (moments.count > 1) own.push_back(moments);
        all = merge(all, moments);
    }
    MetricScale scale;
    scale.readings = static_cast<std::uint64_t>(all.count);
    if (own.empty() || gaps.empty()) return scale;
    double within = 0, freedom = 0;
    Moments means;
    for (const Moments& moments : own) {
        within += moments.squares;
        freedom += moments.count - 1;
        means = merge(means, {1, moments.mean, 0});
    }
    within /= freedom;
    double chance = 0;  // how far means of single devices scatter by chance alone
    for (const Moments& moments : own) chance += within / moments.count;
    chance /= static_cast<double>(own.size());
    std::nth_element(gaps.begin(), gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2),
                     gaps.end());
    scale.mean = all.mean;
    scale.deviation = std::sqrt(within);
    scale.between_deviation = std::sqrt(std::max(0.0, means.variance() - chance));
    scale.spacing = milliseconds{gaps[gaps.size() / 2]};
    return scale;
}

}  // namespace aftercare::collector
