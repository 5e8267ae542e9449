// Calendars of the tests. Offsets are written out by hand, so that no time-zone database is needed.
#pragma once

#include <string>

#include "collector/core/sla/clock.hpp"
#include "common/time_text.hpp"

// CppUTest comes last: it defines macros that other headers do not expect.
#include <CppUTest/TestHarness.h>

namespace aftercare::collector::testing {

inline WallTime at(const std::string& text) {
    const Result<WallTime> time = parse_rfc3339(text);
    CHECK_TRUE_TEXT(time.has_value(), text.c_str());
    return *time;
}

/// CET; CEST from 29 March 2026 01:00 UTC to 25 October 01:00 UTC.
inline std::vector<OffsetChange> berlin() {
    return {
        {WallTime::min(), 60}, {at("2026-03-29T01:00:00Z"), 120}, {at("2026-10-25T01:00:00Z"), 60}};
}

/// AEDT; AEST from 5 April 2026 03:00 AEDT to 4 October 02:00 AEST.
inline std::vector<OffsetChange> sydney() {
    return {{WallTime::min(), 660},
            {at("2026-04-04T16:00:00Z"), 600},
            {at("2026-10-03T16:00:00Z"), 660}};
}

/// The same hours on the first `days` days of the week.
inline Calendar hours(std::vector<DayInterval> of_day, std::size_t days,
                      std::vector<OffsetChange> zone, std::vector<std::string> holidays = {}) {
    Calendar calendar;
    for (std::size_t day = 0; day < 7; ++day) {
        calendar.week[day] = day < days ? of_day : std::vector<DayInterval>{};
    }
    calendar.offsets = std::move(zone);
    calendar.holidays = std::move(holidays);
    CHECK_TRUE(check_calendar(calendar).has_value());
    return calendar;
}

/// Berlin, Monday to Friday 09:00-12:00 and 13:00-17:00: seven hours a day.
inline Calendar office(std::vector<std::string> holidays = {}) {
    return hours({{540, 720}, {780, 1020}}, 5, berlin(), std::move(holidays));
}

}  // namespace aftercare::collector::testing
