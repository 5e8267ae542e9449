#include "collector/core/learn/fit/reading_alone.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace aftercare::collector {
namespace {

// Without a code to wait for, only what lasts is worth a ticket.
constexpr std::array<milliseconds, 4> kWindows{hours_ms(24), hours_ms(48), hours_ms(96),
                                               hours_ms(168)};
constexpr std::array<double, 5> kLimits{0.75, 1.1, 1.5, 2, 3};
constexpr std::array<Side, 2> kSides{Side::above, Side::below};
// A level is looked for where one in ten, a hundred, a thousand readings of the fleet lies beyond.
constexpr std::array<double, 3> kShares{0.1, 0.01, 0.001};
constexpr std::array<milliseconds, 2> kDurations{milliseconds{0}, hours_ms(24)};
constexpr std::size_t kCandidatesPerMetric =
    kSides.size() * (kWindows.size() * kLimits.size() + kShares.size() * kDurations.size());

/// The value beyond which that share of all readings lies, to three digits.
double level_of(std::vector<float>& values, Side side, double share) {
    const auto beyond = static_cast<std::size_t>(share * static_cast<double>(values.size()));
    const std::size_t at = side == Side::above ? values.size() - 1 - beyond : beyond;
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(at);
    std::nth_element(values.begin(), place, values.end());
    const auto value = static_cast<double>(*place);
    return rounded(value, 3);
}

std::vector<float> values_of(const Fleet& fleet, std::uint32_t metric) {
    std::vector<float> values;
    for (const FleetDevice& device : fleet.devices) {
        for (const HistoryReading& reading : device.readings) {
            const float value = fleet.value(device, reading, metric);
            if (!std::isnan(value)) values.push_back(value);
        }
    }
    return values;
}

class Search {
  public:
    Search(const Fleet& fleet, std::span<const Uncovered> components,
           std::span<const milliseconds> horizons)
        : fleet_(fleet),
          components_(components),
          horizons_(horizons),
          price_(std::log(static_cast<double>(fleet.metrics.size() * kCandidatesPerMetric))),
          best_(components.size()) {}

    std::vector<std::optional<ReadingAlone>> find() {
        for (std::uint32_t metric = 0; metric < fleet_.metrics.size(); ++metric) {
            const MetricScale scale = scale_of(fleet_, metric);
            if (scale.readings == 0) continue;
            for (const milliseconds window : kWindows) look_at_drifts(metric, scale, window);
            look_at_levels(metric);
        }
        return std::move(best_);
    }

  private:
    void look_at_drifts(std::uint32_t metric, const MetricScale& scale, milliseconds window) {
        DriftShape shape{.window = window,
                         .baseline = window <= hours_ms(48) ? hours_ms(720) : hours_ms(1440),
                         .fresh = kAlways};
        const Predicate drift = drift_predicate(fleet_, scale, {metric, Side::above}, shape);
        const Deviations plain = deviations(fleet_, metric, drift);
        for (std::size_t c = 0; c < components_.size(); ++c) {
            const Deviations own =
                deviations_of(fleet_, metric, drift, components_[c].component, plain);
            for (const Side side : kSides) {
                for (const double limit : kLimits) {
                    shape.limit = limit;
                    weigh(c, drift_predicate(fleet_, scale, {metric, side}, shape),
                          drift_episodes(fleet_, own, side, limit));
                }
            }
        }
    }

    void look_at_levels(std::uint32_t metric) {
        std::vector<float> values = values_of(fleet_, metric);
        Predicate level;
        level.kind = PredicateKind::threshold;
        level.metric = fleet_.metrics[metric];
        for (const Side side : kSides) {
            level.side = side;
            for (const double share : kShares) {
                level.limit = level.clear_limit = level_of(values, side, share);
                for (const milliseconds duration : kDurations) {
                    level.duration = duration;
                    const Episodes plain = level_episodes(fleet_, metric, level);
                    for (std::size_t c = 0; c < components_.size(); ++c) {
                        weigh(c, level,
                              level_episodes_of(fleet_, metric, level, components_[c].component,
                                                plain));
                    }
                }
            }
        }
    }

    void weigh(std::size_t c, const Predicate& when, const Episodes& episodes) {
        const Uncovered& of = components_[c];
        if (of.rule.empty()) {
            for (const milliseconds horizon : horizons_) keep(c, when, episodes, horizon, 0);
        } else {
            keep(c, when, either(episodes, of.rule), of.horizon, of.evidence_of_rule + kNatsAlike);
        }
    }

    void keep(std::size_t c, const Predicate& when, const Episodes& episodes, milliseconds horizon,
              double least) {
        ReadingAlone tried{.when = when,
                           .horizon = horizon,
                           .tally = tally(fleet_, episodes, components_[c].component, horizon)};
        tried.score = evidence(tried.tally) - price_;
        // A drift compares a device with itself; a level has to be the better one on this fleet to
        // be taken to another.
        if (when.kind == PredicateKind::threshold) tried.score -= kNatsAlike;
        if (tried.score <= least || tried.tally.right < kRightMin) return;
        if (!best_[c] || tried.score > best_[c]->score) best_[c] = std::move(tried);
    }

    const Fleet& fleet_;
    std::span<const Uncovered> components_;
    std::span<const milliseconds> horizons_;
    double price_;
    std::vector<std::optional<ReadingAlone>> best_;
};

}  // namespace

Episodes rule_episodes(const Fleet& fleet, const TriggerOf& trigger, const DriftFilter& filter) {
    const Trigger& of = trigger.trigger;
    if (filter.any_of.empty()) return episodes_of(fleet, of);
    Episodes drifts(fleet.devices.size());
    for (const DriftName& name : filter.any_of) {
        const Predicate drift =
            drift_predicate(fleet, scale_of(fleet, name.metric), name, filter.shape);
        const Deviations own = deviations_of(fleet, name.metric, drift, trigger.component,
                                             deviations(fleet, name.metric, drift));
        Episodes one = drift_episodes(fleet, own, name.side, filter.shape.limit);
        for (auto& spans : one) {
            for (Span& span : spans) span.end = std::min(span.end, span.start + filter.shape.fresh);
        }
        drifts = either(drifts, one);
    }
    Trigger waiting = of;
    if (of.kind != Trigger::Kind::pair) {
        waiting.horizon = std::min(of.horizon, filter.shape.hold);  // how long its codes count
    }
    return both(episodes_of(fleet, waiting), drifts);
}

std::vector<std::optional<ReadingAlone>> find_readings_alone(
    const Fleet& fleet, std::span<const Uncovered> components,
    std::span<const milliseconds> horizons) {
    return Search(fleet, components, horizons).find();
}

}  // namespace aftercare::collector
