// What one predicate says for itself: words for a person and the numbers behind them.
#pragma once

#include <string>

#include "collector/core/detect/compiled.hpp"
#include "collector/core/detect/interval.hpp"

namespace aftercare::collector {

struct Fact {
    std::string sentence;  ///< part of one, without a full stop
    std::string json;      ///< one object (evidence.hpp lists the members)
};

/// Of a predicate that is true in the interval.
Fact fact_of(const Rule& rule, const CompiledLeaf& leaf, const Interval& interval);
/// Of one below a `not`.
Fact absence_of(const CompiledLeaf& leaf);

}  // namespace aftercare::collector
