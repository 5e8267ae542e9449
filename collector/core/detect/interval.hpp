// Times during which a predicate is true, on one device's time line, and the operations of `all`
// and `any` on them.
//
// Invariant that everything rests on: an interval's start never moves and its end only grows. So an
// intersection, once seen, never goes away, whatever arrives later from the other lane.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "common/time.hpp"

namespace aftercare::collector {

/// Intervals of one simple predicate that wait for the other lane; beyond, the two that lie closest
/// together count as one.
inline constexpr std::size_t kIntervalsMax = 32;

inline constexpr WallTime kNever{milliseconds{std::numeric_limits<std::int64_t>::min()}};
inline constexpr WallTime kForEver{milliseconds{std::numeric_limits<std::int64_t>::max()}};

/// Both ends belong to it. The rest says what made it true, for the evidence.
struct Interval {
    WallTime start{};
    WallTime end{};
    float value = 0;      ///< fault_count: occurrences; else the metric where it was furthest out
    float baseline = 0;   ///< drift: own baseline at that moment; threshold: the limit
    float deviation = 0;  ///< drift: in standard deviations; threshold: beyond the limit
    std::uint32_t code = 0;  ///< fault_count: the code that completed the count

    [[nodiscard]] bool contains(WallTime at) const { return start <= at && at <= end; }
};

using Intervals = std::vector<Interval>;  ///< ordered by start, one interval per start

/// Times at which both are true: all non-empty pairwise overlaps.
Intervals intersect(std::span<const Interval> left, std::span<const Interval> right);

/// The intervals of both, not melted together: a start that fired stays a start when an earlier,
/// overlapping interval becomes known later.
Intervals unite(std::span<const Interval> left, std::span<const Interval> right);

/// Times before `known_until` at which none of them holds; all time is known at kForEver.
Intervals complement(std::span<const Interval> intervals, WallTime known_until);

/// `at + span`, at most kForEver.
constexpr WallTime later_by(WallTime at, milliseconds span) {
    return at > kForEver - span ? kForEver : at + span;
}

}  // namespace aftercare::collector
