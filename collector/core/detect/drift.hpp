// `drift`: the mean of the last window against the device's own baseline before it, in the device's
// own standard deviations. The window is eight buckets, the baseline four, aligned to the epoch; a
// bucket that leaves the window enters the baseline. No raw readings are kept.
//
// Stored: 5 bytes and, for each of the 12 buckets that is filled, 9 (5 with a single reading).
#pragma once

#include <array>
#include <limits>
#include <optional>
#include <vector>

#include "collector/core/detect/moments.hpp"
#include "collector/core/detect/rule.hpp"
#include "collector/core/detect/trail.hpp"
#include "collector/core/detect/verdict.hpp"
#include "collector/core/intake/bytes.hpp"

namespace aftercare::collector {

inline constexpr std::int64_t kWindowBuckets = 8;
inline constexpr std::int64_t kBaselineBuckets = 4;
inline constexpr std::int64_t kNoBucket = std::numeric_limits<std::int64_t>::min();

/// The baseline's mean and SD after shrinking to the prior (docs/rules.md gives formula and
/// example).
struct Baseline {
    bool enough = false;
    double mean = 0;
    double deviation = 0;
};

struct DriftState {
    std::array<Bucket, kWindowBuckets> window;
    std::array<Bucket, kBaselineBuckets> baseline;
    std::int64_t newest = kNoBucket;  ///< number of the newest window bucket since the epoch

    /// What changes only when a bucket does: the baseline, the window without its newest bucket,
    /// and the newest bucket's place and time. Derived, not stored.
    struct Settled {
        Baseline baseline;
        Moments window;
        std::size_t newest_slot = 0;
        std::int64_t from_ms = 0;
        std::int64_t to_ms = 0;
    };
    std::optional<Settled> settled;

    [[nodiscard]] bool fresh() const { return newest == kNoBucket; }
};

Baseline baseline_of(const Predicate& predicate, const Moments& own);

/// Takes a reading in. Returns the moments of the window that it ends.
/// Pre: `at` is not before the last call's.
Moments add_reading(const Predicate& predicate, DriftState& state, float value, WallTime at);
/// `was_true` decides between limit and clear_limit. Pre: `at` is not before the last call's.
Verdict judge(const Predicate& predicate, DriftState& state, bool was_true, float value,
              WallTime at);
/// Whole buckets go: the one that `at` falls into as well.
void forget_before(const Predicate& predicate, DriftState& state, WallTime at);
/// Bucket means with the middle of their times, oldest first, at most twelve.
std::vector<Point> points_of(const Predicate& predicate, DriftState state);
void encode(const DriftState& state, ByteWriter& bytes);
void decode(ByteReader& bytes, DriftState& state);

}  // namespace aftercare::collector
