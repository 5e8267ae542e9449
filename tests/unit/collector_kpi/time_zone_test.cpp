#include "collector/io/text/time_zone.hpp"

#include "common/time_text.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(ZoneOffsets){};

TEST(ZoneOffsets, of_berlin_change_on_the_published_sundays) {
    const auto changes = zone_offsets("Europe/Berlin", 2026, 2026);
    CHECK_TRUE(changes.has_value());
    LONGS_EQUAL(3, changes->size());
    LONGS_EQUAL(60, changes->at(0).offset_min);
    CHECK_TRUE(changes->at(0).at == WallTime::min());
    STRCMP_EQUAL("2026-03-29T01:00:00Z", format_rfc3339(changes->at(1).at).c_str());
    LONGS_EQUAL(120, changes->at(1).offset_min);
    STRCMP_EQUAL("2026-10-25T01:00:00Z", format_rfc3339(changes->at(2).at).c_str());
    LONGS_EQUAL(60, changes->at(2).offset_min);
}

TEST(ZoneOffsets, drive_the_calendar_through_a_short_day) {
    Calendar calendar;
    calendar.offsets = *zone_offsets("America/New_York", 2025, 2027);
    CHECK_TRUE(check_calendar(calendar).has_value());
    calendar.holidays = {"2026-03-08"};  // 23 hours long there
    const WallTime from = *parse_rfc3339("2026-03-08T00:00:00Z");
    DOUBLES_EQUAL(48 - 23, as_hours(working_time(calendar, from, from + hours_ms(48))), 1e-9);
}

TEST(ZoneOffsets, utc_never_changes_and_odd_offsets_are_kept) {
    LONGS_EQUAL(1, zone_offsets("UTC", 2000, 2030)->size());
    LONGS_EQUAL(345, zone_offsets("Asia/Kathmandu", 2026, 2026)->front().offset_min);
}

TEST(ZoneOffsets, name_what_is_wrong) {
    STRCMP_CONTAINS("Mars/Olympus",
                    zone_offsets("Mars/Olympus", 2026, 2026).error().message.c_str());
    CHECK_TRUE(zone_offsets("Mars/Olympus", 2026, 2026).error().code == Errc::not_found);
    CHECK_FALSE(zone_offsets("UTC", 2027, 2026).has_value());
}
