// Ticket volume day by day. Internal to the KPI core.
#pragma once

#include <vector>

#include "collector/core/kpi/sections.hpp"

namespace aftercare::collector {

/// Pre: the period has at most kVolumeDaysMax days.
std::vector<VolumeDay> volume_by_day(const Inquiry& inquiry);

}  // namespace aftercare::collector
