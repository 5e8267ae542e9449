// The small picture beside a sentence of evidence: what one predicate has at hand.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collector/core/detect/compiled.hpp"
#include "collector/core/detect/interval.hpp"
#include "collector/core/detect/leaf.hpp"

namespace aftercare::collector {

struct Plot {
    std::vector<Point> points;  ///< oldest first; fewer than two, or of one moment: no picture
    std::string metric;
    std::string unit;
    std::optional<double> baseline;  ///< a level drawn across …
    std::string line;                ///< … and what it is
};

/// `interval`: the one in which the predicate is true. For faults the points count them, for an age
/// they are the chance to fail in percent, for a silence the hours without a record.
Plot plot_of(const CompiledLeaf& leaf, const LeafState& state, const Interval& interval);

}  // namespace aftercare::collector
