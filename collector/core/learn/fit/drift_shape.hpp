// What a drift looked for is made of, and the predicate that a pack gets for it.
#pragma once

#include <array>

#include "collector/core/learn/fit/episodes.hpp"

namespace aftercare::collector {

/// A metric that drifts to one side.
struct DriftName {
    std::uint32_t metric = 0;
    Side side = Side::above;
};

/// What all components share.
struct DriftShape {
    milliseconds window{};
    milliseconds baseline{};
    double limit = 0;
    milliseconds hold{};   ///< so long the trigger waits for the drift to show
    milliseconds fresh{};  ///< so long a drift counts from its beginning on
};

/// Longer than any drift lasts: no limit.
inline constexpr milliseconds kAlways = hours_ms(8760);

/// To so many significant digits: a pack is read by people.
double rounded(double value, int digits);

/// The `drift` predicate of a shape, with a prior from the fleet.
Predicate drift_predicate(const Fleet& fleet, const MetricScale& scale, DriftName name,
                          const DriftShape& shape);

}  // namespace aftercare::collector
