// `drift`: the mean of the last window against the device's own baseline before it, in the device's
// own standard deviations. Window and baseline are eight buckets each, aligned to the epoch; a
// bucket that leaves the window enters the baseline. No raw readings are kept.
//
// State: 16 buckets of 12 bytes. Cost: about 100 ns per reading.
#pragma once

#include <vector>

#include "collector/core/detect/moments.hpp"
#include "collector/core/detect/rule.hpp"
#include "collector/core/detect/threshold.hpp"
#include "collector/core/detect/verdict.hpp"
#include "collector/core/intake/bytes.hpp"

namespace aftercare::collector {

inline constexpr std::int64_t kDriftBuckets = 8;  ///< of the window, and again of the baseline

struct DriftState {
    std::vector<Bucket> buckets;  ///< window's, then baseline's; empty until the first reading
    std::int64_t newest = 0;      ///< number of the newest window bucket since the epoch
};

/// The baseline's mean and SD after shrinking to the prior (docs/rules.md gives formula and
/// example).
struct Baseline {
    bool enough = false;
    double mean = 0;
    double deviation = 0;
};
Baseline baseline_of(const Predicate& predicate, const Moments& own);

/// `was_true` decides between limit and clear_limit. Pre: `at` is not before the last call's.
Verdict judge(const Predicate& predicate, DriftState& state, bool was_true, float value,
              WallTime at);
/// Whole buckets go: the one that `at` falls into as well.
void forget_before(const Predicate& predicate, DriftState& state, WallTime at);
/// Bucket means with the middle of their times, oldest first, at most sixteen.
std::vector<Point> points_of(const Predicate& predicate, const DriftState& state);
void encode(const DriftState& state, ByteWriter& bytes);
void decode(ByteReader& bytes, DriftState& state);

}  // namespace aftercare::collector
