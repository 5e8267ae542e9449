// `threshold`: a metric beyond a limit for a duration, with hysteresis.
#pragma once

#include <vector>

#include "collector/core/detect/interval.hpp"
#include "collector/core/detect/rule.hpp"
#include "collector/core/detect/verdict.hpp"
#include "collector/core/intake/bytes.hpp"

namespace aftercare::collector {

struct Point {
    WallTime at{};
    float value = 0;
};

/// Readings kept for the evidence, newest last; only since the limit was passed.
inline constexpr std::size_t kThresholdPointsMax = 8;

struct ThresholdState {
    WallTime beyond_since = kNever;  ///< kNever: not beyond
    std::vector<Point> points;
};

/// Above: beyond while > limit, until <= clear. Below: mirrored.
Verdict judge(const Predicate& predicate, ThresholdState& state, float value, WallTime at);
void forget_before(ThresholdState& state, WallTime at);
void encode(const ThresholdState& state, ByteWriter& bytes);
void decode(ByteReader& bytes, ThresholdState& state);

}  // namespace aftercare::collector
