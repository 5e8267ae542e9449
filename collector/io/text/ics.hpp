// Holidays from an iCalendar file, as calendar programs and authorities publish them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace aftercare::collector {

/// More dates than this are no list of holidays.
inline constexpr std::size_t kHolidaysMax = 10'000;

/// Dates "2026-12-25" of the all-day events, sorted, each once: DTSTART and DTEND with VALUE=DATE,
/// RRULE with FREQ=YEARLY (INTERVAL, COUNT, UNTIL), EXDATE; cancelled events do not count. Events
/// that come again do so through `last_year`.
/// Errors: invalid, "FILE:LINE: what is not understood". Nothing is passed over that would move a
/// holiday. Source: RFC 5545.
Result<std::vector<std::string>> ics_dates(std::string_view text, const std::string& file,
                                           int last_year);

}  // namespace aftercare::collector
