// `threshold`: a metric beyond a limit for a duration, with hysteresis.
#pragma once

#include <vector>

#include "collector/core/detect/interval.hpp"
#include "collector/core/detect/rule.hpp"
#include "collector/core/detect/stored_time.hpp"
#include "collector/core/detect/trail.hpp"
#include "collector/core/detect/verdict.hpp"
#include "collector/core/intake/bytes.hpp"

namespace aftercare::collector {

/// Readings kept for the evidence, newest last; only since the limit was passed.
inline constexpr std::size_t kThresholdPointsMax = 8;

struct ThresholdState {
    WallTime beyond_since = kNever;  ///< kNever: not beyond
    std::vector<Point> points;

    [[nodiscard]] bool fresh() const { return beyond_since == kNever && points.empty(); }
};

/// Above: beyond while > limit, until <= clear. Below: mirrored.
Verdict judge(const Predicate& predicate, ThresholdState& state, float value, WallTime at);
/// A state that began before `at` begins anew with the first kept reading after it.
void forget_before(const Predicate& predicate, ThresholdState& state, WallTime at);
void encode(const ThresholdState& state, const StoredTimes& times, ByteWriter& bytes);
void decode(ByteReader& bytes, const StoredTimes& times, ThresholdState& state);

}  // namespace aftercare::collector
