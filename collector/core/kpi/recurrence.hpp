// For each outcome, what came next on the same device: the common ground of recurrence, first-time
// fix and survival. Internal to the KPI core.
#pragma once

#include <vector>

#include "collector/core/kpi/index.hpp"

namespace aftercare::collector {

/// Times strictly after the outcome's; WallTime::max() when there was none before `now`.
struct NextEvents {
    WallTime repair = WallTime::max();            ///< of the device
    WallTime component_repair = WallTime::max();  ///< of the same component
    WallTime replacement =
        WallTime::max();  ///< planned, of the same component, or of the whole unit
};

/// By outcome row; rows at or after `now` are unknown.  Cost: linear.
std::vector<NextEvents> next_events(const KpiIndex& index, WallTime now);

bool is_repair_row(const KpiIndex& index, RowNo outcome);

}  // namespace aftercare::collector
