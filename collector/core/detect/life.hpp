// `life`: a part so old, or so much used, that its Weibull life makes a failure within the horizon
// likely enough. With shape β, scale η, age a and horizon h, a part that lived until a fails within
// h with probability
//
//   p(a) = 1 − exp((a ÷ η)^β − ((a + h) ÷ η)^β)
//
// which grows with a for β > 1, so it passes the pack's limit at one age and stays beyond it until
// the part is replaced. Worked: β = 2, η = 1000, h = 100, p = 0.1: a = 476.8.
#pragma once

#include <algorithm>
#include <cstdint>

#include "collector/core/detect/rule.hpp"
#include "collector/core/detect/stored_time.hpp"
#include "collector/core/detect/trail.hpp"
#include "collector/core/detect/verdict.hpp"
#include "collector/core/intake/bytes.hpp"

namespace aftercare::collector {

/// p(age) of the predicate.
double failure_probability(const Predicate& predicate, double age);
/// The age at which p reaches the predicate's probability, 0 when it is above it from birth.
double age_limit(const Predicate& predicate);

/// Age: true from a moment that is known once the birth is.
struct AgeState {
    WallTime installed = kNever;
    WallTime replaced = kNever;

    /// kNever = not known, not judged.
    [[nodiscard]] WallTime born() const { return std::max(installed, replaced); }
    [[nodiscard]] bool fresh() const { return born() == kNever; }
};

/// Use: absolute totals since manufacture, from the first one since the part was replaced.
struct UseState {
    WallTime replaced_at = kNever;
    bool waits_for_base = false;  ///< replaced, and no total came since
    std::uint64_t base = 0;
    WallTime last_at = kNever;
    std::uint64_t last_total = 0;
    Trail trail;

    [[nodiscard]] bool fresh() const { return replaced_at == kNever && last_at == kNever; }
};

/// A total below the last one says nothing. The start lies where a straight line from the last
/// total crosses the limit. Pre: `at` is not before the last call's.
Verdict judge(double limit, UseState& state, std::uint64_t total, WallTime at);
void forget_before(AgeState& state, WallTime at);
void forget_before(UseState& state, WallTime at);
void encode(const AgeState& state, const StoredTimes& times, ByteWriter& bytes);
void decode(ByteReader& bytes, const StoredTimes& times, AgeState& state);
void encode(const UseState& state, const StoredTimes& times, ByteWriter& bytes);
void decode(ByteReader& bytes, const StoredTimes& times, UseState& state);

}  // namespace aftercare::collector
