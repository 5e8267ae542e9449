#include "collector/core/learn/fit/drift_alone.hpp"

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
constexpr std::uint32_t kRightMin = 2;  // what was right only once is a coincidence

class Search {
  public:
    Search(const Fleet& fleet, std::span<const Uncovered> components,
           std::span<const milliseconds> horizons)
        : fleet_(fleet),
          components_(components),
          horizons_(horizons),
          price_(std::log(static_cast<double>(fleet.metrics.size() * kSides.size() *
                                              kWindows.size() * kLimits.size()))),
          best_(components.size()) {}

    std::vector<std::optional<DriftAlone>> find() {
        for (std::uint32_t metric = 0; metric < fleet_.metrics.size(); ++metric) {
            const MetricScale scale = scale_of(fleet_, metric);
            if (scale.readings == 0) continue;
            for (const milliseconds window : kWindows) look_at(metric, scale, window);
        }
        return std::move(best_);
    }

  private:
    void look_at(std::uint32_t metric, const MetricScale& scale, milliseconds window) {
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
                    weigh(c, {.name = {metric, side}, .shape = shape},
                          drift_episodes(fleet_, own, side, limit));
                }
            }
        }
    }

    void weigh(std::size_t c, const DriftAlone& drift, const Episodes& episodes) {
        const Uncovered& of = components_[c];
        if (of.rule.empty()) {
            for (const milliseconds horizon : horizons_) keep(c, drift, episodes, horizon, 0);
        } else {
            keep(c, drift, either(episodes, of.rule), of.horizon, of.evidence_of_rule + kNatsAlike);
        }
    }

    void keep(std::size_t c, DriftAlone tried, const Episodes& episodes, milliseconds horizon,
              double least) {
        tried.horizon = horizon;
        tried.tally = tally(fleet_, episodes, components_[c].component, horizon);
        tried.score = evidence(tried.tally) - price_;
        if (tried.score <= least || tried.tally.right < kRightMin) return;
        if (!best_[c] || tried.score > best_[c]->score) best_[c] = std::move(tried);
    }

    const Fleet& fleet_;
    std::span<const Uncovered> components_;
    std::span<const milliseconds> horizons_;
    double price_;
    std::vector<std::optional<DriftAlone>> best_;
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

std::vector<std::optional<DriftAlone>> find_drifts_alone(const Fleet& fleet,
                                                         std::span<const Uncovered> components,
                                                         std::span<const milliseconds> horizons) {
    return Search(fleet, components, horizons).find();
}

}  // namespace aftercare::collector
