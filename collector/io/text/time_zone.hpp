// The tz database as offset changes, so that the pure calendar knows local time.
#pragma once

#include <string>
#include <vector>

#include "collector/core/sla/calendar.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

/// Offset changes of an IANA zone ("Europe/Berlin") that matter from `first_year` through
/// `last_year`; the first holds since the beginning of time. Errors: not_found (unknown zone),
/// invalid (years reversed or outside 1900..2200), unavailable (no tz database on this machine:
/// install tzdata).
Result<std::vector<OffsetChange>> zone_offsets(const std::string& zone, int first_year,
                                               int last_year);

}  // namespace aftercare::collector
