// Which metric drifts when a component is about to fail: the filter that makes a code worth a
// ticket. Evidence is shared between components, because a component without failures of its own
// under telemetry never gets its metric otherwise:
// - how sensitive "the right metric drifts" is, they have in common;
// - two components seldom drift the same metric, so what others have taken is less likely.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "collector/core/learn/fit/drift_witness.hpp"

namespace aftercare::collector {

struct DriftFilter {
    DriftShape shape;
    std::vector<DriftName> any_of;             ///< empty: no filter
    double precision = 0, recall = 0, f1 = 0;  ///< expected of the filtered trigger
    double chance = 0;                 ///< share of chance moments at which one of `any_of` drifts
    std::uint32_t hits = 0, seen = 0;  ///< right tickets under telemetry that drifted, and all
    bool provisional = false;          ///< rests on what other components left over
    bool chosen = false;               ///< of the triggers of its component the best one
};

/// One filter per trigger, in their order; those of one component follow each other, and one of
/// them is chosen. Uses devices with readings only; a fleet without any gives empty filters.
std::vector<DriftFilter> find_filters(const Fleet& fleet, std::span<const TriggerOf> triggers);

}  // namespace aftercare::collector
