#include "collector/core/detect/plot.hpp"

#include "common/time_text.hpp"

namespace aftercare::collector {
namespace {

constexpr int kCurvePoints = 12;

struct Draw {
    const CompiledLeaf& leaf;
    const Interval& interval;

    Plot operator()(const FaultCountState& memory) const {
        Plot plot{.metric = "faults"};
        for (const WallTime at : memory.times) {
            plot.points.push_back({at, static_cast<float>(plot.points.size() + 1)});
        }
        return plot;
    }
    Plot operator()(const FaultSequenceState& memory) const {
        Plot plot{.metric = "faults"};
        if (memory.pair_from == kNever) return plot;
        plot.points = {{memory.pair_from, 1}, {memory.pair_to, 2}};
        return plot;
    }
    Plot operator()(const ThresholdState& memory) const {
        return of_metric(memory.points, "limit");
    }
    Plot operator()(const DriftState& memory) const {
        return of_metric(points_of(*leaf.predicate, memory), "own baseline");
    }
    Plot operator()(const CusumState& memory) const {
        return of_metric(memory.trail.points(), "target");
    }
    Plot operator()(const CohortState& memory) const {
        return of_metric(points_of(*leaf.predicate, memory.window), "median of its kind");
    }
    Plot operator()(const UseState& memory) const {
        return of_metric(memory.trail.points(), "limit");
    }
    Plot operator()(const AgeState& memory) const {
        const Predicate& node = *leaf.predicate;
        const auto ahead = milliseconds{static_cast<std::int64_t>(node.ahead)};
        Plot plot{.metric = "chance to fail within " + format_duration(ahead),
                  .unit = "%",
                  .baseline = 100 * node.probability,
                  .line = "limit"};
        if (memory.born() == kNever) return plot;
        const milliseconds age = interval.start - memory.born();
        for (int i = 0; i < kCurvePoints; ++i) {
            const milliseconds then = age * i / (kCurvePoints - 1);
            const double chance = failure_probability(node, static_cast<double>(then.count()));
            plot.points.push_back({memory.born() + then, static_cast<float>(100 * chance)});
        }
        return plot;
    }
    Plot operator()(const SilenceState&) const {
        const milliseconds span = leaf.predicate->duration;
        return {.points = {{interval.start - span, 0},
                           {interval.start, static_cast<float>(as_hours(span))}},
                .metric = "without a record",
                .unit = "h"};
    }

  private:
    Plot of_metric(std::vector<Point> points, std::string line) const {
        return {.points = std::move(points),
                .metric = leaf.labels.front().second,
                .unit = leaf.unit,
                .baseline = static_cast<double>(interval.baseline),
                .line = std::move(line)};
    }
};

}  // namespace

Plot plot_of(const CompiledLeaf& leaf, const LeafState& state, const Interval& interval) {
    return std::visit(Draw{leaf, interval}, state.memory);
}

}  // namespace aftercare::collector
