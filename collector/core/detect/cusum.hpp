// `cusum`: the sums of what readings deviate from a target beyond a slack, one for each side. They
// find small lasting shifts sooner than a mean over a window does.
//
//   z = (x − target) ÷ SD;  above = max(0, above + z − slack);  below = max(0, below − z − slack)
//
// True while a sum is beyond the limit. A sum grows to twice the limit at most, so that it comes
// back soon after its cause went. Source: E. S. Page, "Continuous inspection schemes", 1954; the
// tabular form of D. C. Montgomery, "Introduction to Statistical Quality Control", 9.1.
//
// Stored: some 30 bytes, and 9 for each of at most nine readings kept for the plot.
#pragma once

#include "collector/core/detect/drift.hpp"
#include "collector/core/detect/moments.hpp"
#include "collector/core/detect/rule.hpp"
#include "collector/core/detect/stored_time.hpp"
#include "collector/core/detect/trail.hpp"
#include "collector/core/detect/verdict.hpp"
#include "collector/core/intake/bytes.hpp"

namespace aftercare::collector {

struct CusumState {
    /// One side, in standard deviations.
    struct Sum {
        float size = 0;
        std::uint32_t readings = 0;  ///< since it left zero
    };

    Bucket own;               ///< readings that the target is learned from
    WallTime since = kNever;  ///< first reading of all
    Sum above;
    Sum below;
    Trail trail;  ///< since the longer of the two left zero

    [[nodiscard]] bool fresh() const { return since == kNever; }
};

/// Readings that teach the target are not judged (unknown). The verdict's value is the level since
/// the sum left zero, target + SD × (slack + sum ÷ readings); its deviation is the sum, negative
/// for the one below. Pre: `at` is not before the last call's.
Verdict judge(const Predicate& predicate, CusumState& state, bool was_true, float value,
              WallTime at);
/// Sums cannot be taken apart: all of it goes, unless all of it came after `at`.
void forget_before(CusumState& state, WallTime at);
void encode(const CusumState& state, const StoredTimes& times, ByteWriter& bytes);
void decode(ByteReader& bytes, const StoredTimes& times, CusumState& state);

}  // namespace aftercare::collector
