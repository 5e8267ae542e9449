// When a simple condition was true on each device of a fleet, before any rule exists: what the
// search for rules works on. Same meaning as the predicates of collector/core/detect.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "collector/core/detect/rule.hpp"
#include "collector/core/learn/fleet.hpp"

namespace aftercare::collector {

struct Span {
    WallTime start{};
    WallTime end{};
};
/// One list per device of the fleet, by start.
using Episodes = std::vector<std::vector<Span>>;

/// Any of `codes`; each is true for `hold` after it came.
Episodes code_episodes(const Fleet& fleet, const std::vector<std::uint32_t>& codes,
                       milliseconds hold);
/// At least `count` of one code within `window`.
Episodes repeat_episodes(const Fleet& fleet, std::uint32_t code, std::uint32_t count,
                         milliseconds window, milliseconds hold);
/// Times at which both are true; starts are those of the overlaps.
Episodes both(const Episodes& left, const Episodes& right);
/// Times at which at least one is true.
Episodes either(const Episodes& left, const Episodes& right);

/// Deviation of a metric's window mean from the device's baseline at each reading, in its own SD,
/// as the `drift` predicate judges it; NaN where it does not judge. One list per device, shared
/// between components whose repairs change nothing.
using Deviations = std::vector<std::shared_ptr<const std::vector<float>>>;
/// Without any repair.
Deviations deviations(const Fleet& fleet, std::uint32_t metric, const Predicate& drift);
/// `plain` with window and baseline restarted at each repair of `component`.
Deviations deviations_of(const Fleet& fleet, std::uint32_t metric, const Predicate& drift,
                         std::uint32_t component, const Deviations& plain);
/// True from `limit` on until it falls below half of it.
Episodes drift_episodes(const Fleet& fleet, const Deviations& deviations, Side side, double limit);
/// The same, given the `episodes` of deviations that mostly are the same lists.
Episodes drift_episodes_like(const Fleet& fleet, const Deviations& deviations, Side side,
                             double limit, const Deviations& known, Episodes episodes);

/// When a `threshold` was true, without any repair. An episode begins with the reading that shows
/// it, which is when a ticket can open.
Episodes level_episodes(const Fleet& fleet, std::uint32_t metric, const Predicate& threshold);
/// `plain` begun anew at each repair of `component`.
Episodes level_episodes_of(const Fleet& fleet, std::uint32_t metric, const Predicate& threshold,
                           std::uint32_t component, const Episodes& plain);

/// What a metric is like over the fleet: its mean, and how far readings and devices scatter.
struct MetricScale {
    double mean = 0;
    double deviation = 0;          ///< of readings within a device
    double between_deviation = 0;  ///< of the devices' means
    milliseconds spacing{};        ///< median time between readings
    std::uint64_t readings = 0;
};
MetricScale scale_of(const Fleet& fleet, std::uint32_t metric);

}  // namespace aftercare::collector
