#include "collector/core/sla/calendar.hpp"

#include <string>

#include "common/time_text.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

namespace {

WallTime at(const char* text) {
    const Result<WallTime> time = parse_rfc3339(text);
    CHECK_TRUE_TEXT(time.has_value(), text);
    return *time;
}

/// 09:00-12:00 and 13:00-17:00 from Monday to Friday.
Calendar office() {
    Calendar calendar;
    for (std::size_t day = 0; day < 7; ++day) {
        calendar.week[day].clear();
        if (day < 5) calendar.week[day] = {{540, 720}, {780, 1020}};
    }
    return calendar;
}

/// Europe/Berlin in 2026: CEST from 29 March 01:00 UTC to 25 October 01:00 UTC.
std::vector<OffsetChange> berlin() {
    return {
        {WallTime::min(), 60}, {at("2026-03-29T01:00:00Z"), 120}, {at("2026-10-25T01:00:00Z"), 60}};
}

double hours(const Calendar& calendar, const char* from, const char* to) {
    return as_hours(working_time(calendar, at(from), at(to)));
}

void check_time(const char* expected, WallTime actual) {
    STRCMP_EQUAL(expected, format_rfc3339(actual).c_str());
}

}  // namespace

TEST_GROUP(Calendar){};

TEST(Calendar, round_the_clock_is_elapsed_time) {
    DOUBLES_EQUAL(73.5, hours({}, "2026-02-27T12:00:00Z", "2026-03-02T13:30:00Z"), 1e-9);
    DOUBLES_EQUAL(0, hours({}, "2026-02-27T12:00:00Z", "2026-02-27T11:00:00Z"), 0);
}

TEST(Calendar, lunch_break_and_weekend_do_not_count) {
    // Friday 11:00 to Monday 10:00: 1 h + 4 h + 1 h.
    DOUBLES_EQUAL(6, hours(office(), "2026-11-20T11:00:00Z", "2026-11-23T10:00:00Z"), 1e-9);
    DOUBLES_EQUAL(0, hours(office(), "2026-11-20T12:00:00Z", "2026-11-20T13:00:00Z"), 0);
}

TEST(Calendar, a_full_week_has_thirty_five_hours_and_a_year_of_weeks_too) {
    DOUBLES_EQUAL(35, hours(office(), "2026-11-18T15:21:00Z", "2026-11-25T15:21:00Z"), 1e-9);
    DOUBLES_EQUAL(35.0 * 52, hours(office(), "2026-01-05T00:00:00Z", "2027-01-04T00:00:00Z"), 1e-9);
}

TEST(Calendar, a_holiday_takes_out_its_local_day_only) {
    Calendar calendar = office();
    calendar.holidays = {"2026-12-25"};  // a Friday
    DOUBLES_EQUAL(14, hours(calendar, "2026-12-24T00:00:00Z", "2026-12-29T00:00:00Z"), 1e-9);
    // Half of the holiday asked for: still nothing.
    DOUBLES_EQUAL(0, hours(calendar, "2026-12-25T11:00:00Z", "2026-12-25T16:00:00Z"), 0);
    // In Berlin (UTC+1) the holiday ends at 23:00 UTC.
    Calendar always;
    always.holidays = {"2026-12-25"};
    always.offsets = berlin();
    DOUBLES_EQUAL(1, hours(always, "2026-12-24T22:00:00Z", "2026-12-25T23:00:00Z"), 1e-9);
}

TEST(Calendar, spring_forward_loses_the_hour_that_never_was) {
    Calendar calendar;
    calendar.offsets = berlin();
    // The local Sunday 29 March has 23 hours.
    DOUBLES_EQUAL(23, hours(calendar, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"), 1e-9);
    // Service 01:00-04:00 local: 01:00-02:00 and 03:00-04:00 pass, 2 h.
    for (auto& day : calendar.week) day = {{60, 240}};
    DOUBLES_EQUAL(2, hours(calendar, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"), 1e-9);
}

TEST(Calendar, autumn_back_counts_the_repeated_hour_twice) {
    Calendar calendar;
    calendar.offsets = berlin();
    DOUBLES_EQUAL(25, hours(calendar, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"), 1e-9);
    for (auto& day : calendar.week) day = {{60, 240}};
    DOUBLES_EQUAL(4, hours(calendar, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"), 1e-9);
}

TEST(Calendar, service_over_midnight_is_two_intervals) {
    Calendar calendar;
    for (auto& day : calendar.week) day = {{0, 360}, {1320, 1440}};  // 22:00-06:00
    DOUBLES_EQUAL(8, hours(calendar, "2026-11-16T12:00:00Z", "2026-11-17T12:00:00Z"), 1e-9);
    DOUBLES_EQUAL(3, hours(calendar, "2026-11-16T23:00:00Z", "2026-11-17T02:00:00Z"), 1e-9);
}

TEST(Calendar, times_before_1970_fall_on_the_right_weekday) {
    // 29 December 1969 was a Monday.
    DOUBLES_EQUAL(7, hours(office(), "1969-12-29T00:00:00Z", "1969-12-30T00:00:00Z"), 1e-9);
    DOUBLES_EQUAL(0, hours(office(), "1969-12-27T00:00:00Z", "1969-12-29T00:00:00Z"), 0);
}

TEST_GROUP(AddWorkingTime){};

TEST(AddWorkingTime, ends_at_the_close_of_a_stretch_not_at_the_next_opening) {
    check_time("2026-11-20T17:00:00Z",
               add_working_time(office(), at("2026-11-20T13:00:00Z"), hours_ms(4)));
    check_time("2026-11-23T09:00:00.001Z", add_working_time(office(), at("2026-11-20T13:00:00Z"),
                                                            hours_ms(4) + milliseconds{1}));
}

TEST(AddWorkingTime, crosses_the_change_to_summer_time) {
    Calendar calendar = office();
    calendar.offsets = berlin();
    // Friday 27 March 16:00 CET + 7 h: 1 h on Friday, 6 h on Monday = 16:00 CEST = 14:00 UTC.
    check_time("2026-03-30T14:00:00Z",
               add_working_time(calendar, at("2026-03-27T15:00:00Z"), hours_ms(7)));
}

TEST(AddWorkingTime, is_the_inverse_of_working_time) {
    Calendar calendar = office();
    calendar.offsets = berlin();
    calendar.holidays = {"2026-04-03", "2026-04-06"};
    const WallTime from = at("2026-03-27T03:33:33Z");
    for (int minutes = 1; minutes < 6000; minutes += 97) {
        const milliseconds amount{minutes * 60'000LL};
        const WallTime due = add_working_time(calendar, from, amount);
        LONGS_EQUAL(amount.count(), working_time(calendar, from, due).count());
        CHECK_TRUE(working_time(calendar, from, due - milliseconds{1}) < amount);
    }
}

TEST(AddWorkingTime, nothing_to_add_is_now_and_a_calendar_without_hours_never_ends) {
    const WallTime from = at("2026-03-27T03:33:33Z");
    CHECK_TRUE(add_working_time(office(), from, milliseconds{0}) == from);
    Calendar closed;
    for (auto& day : closed.week) day.clear();
    CHECK_TRUE(add_working_time(closed, from, milliseconds{1}) == WallTime::max());
}

TEST_GROUP(CheckCalendar){};

TEST(CheckCalendar, accepts_what_the_arithmetic_presumes) {
    Calendar calendar = office();
    calendar.holidays = {"2024-02-29", "2026-12-25"};
    calendar.offsets = berlin();
    CHECK_TRUE(check_calendar(calendar).has_value());
    CHECK_TRUE(check_calendar({}).has_value());
}

TEST(CheckCalendar, names_the_day_or_date_that_is_wrong) {
    Calendar calendar = office();
    calendar.week[2] = {{540, 720}, {700, 1020}};
    Status status = check_calendar(calendar);
    CHECK_FALSE(status.has_value());
    STRCMP_CONTAINS("Wednesday", status.error().message.c_str());
    calendar = office();
    calendar.holidays = {"2026-02-30"};
    status = check_calendar(calendar);
    CHECK_FALSE(status.has_value());
    STRCMP_CONTAINS("2026-02-30", status.error().message.c_str());
    calendar.holidays = {"2026-12-25", "2026-01-01"};
    CHECK_FALSE(check_calendar(calendar).has_value());
}
