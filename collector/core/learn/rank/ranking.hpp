// The day's list: the devices at highest risk that a budget pays for.
#pragma once

#include <cstdint>
#include <vector>

#include "collector/core/learn/rank/hazard.hpp"

namespace aftercare::collector {

inline constexpr std::size_t kReasonsMax = 3;

struct RankedDevice {
    std::uint32_t row = 0;         ///< of the table
    double chance = 0;             ///< of failing within the horizon, calibrated
    double cohort_percentile = 0;  ///< 0…1, of the chance among its model that day
    std::vector<RiskReason> reasons;
};

/// Highest chance first, ties by row; at least one device if any sent readings that day.
std::vector<RankedDevice> rank_day(const DayTable& table, const Hazard& hazard, std::int32_t day,
                                   double share);

}  // namespace aftercare::collector
