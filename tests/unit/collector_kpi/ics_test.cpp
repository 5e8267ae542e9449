#include "collector/io/text/ics.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(Ics){static std::string read(const std::string& events, int last_year = 2030){
    const auto dates = ics_dates(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + events + "END:VCALENDAR\r\n", "h.ics", last_year);
if (!dates) return dates.error().message;
std::string text;
for (const std::string& date : *dates) text += (text.empty() ? "" : " ") + date;
return text;
}
static std::string event(const std::string& properties) {
    return "BEGIN:VEVENT\r\nSUMMARY:Holiday\r\n" + properties + "\r\nEND:VEVENT\r\n";
}
}
;

TEST(Ics, of_single_days_are_their_dates_sorted_and_each_once) {
    STRCMP_EQUAL("2026-01-01 2026-12-25",
                 read(event("DTSTART;VALUE=DATE:20261225") + event("DTSTART;VALUE=DATE:20260101") +
                      event("DTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20261226"))
                     .c_str());
    STRCMP_EQUAL("", read("").c_str());
}

TEST(Ics, of_several_days_end_before_their_end_date) {
    STRCMP_EQUAL("2026-12-31 2027-01-01 2027-01-02",
                 read(event("DTSTART;VALUE=DATE:20261231\r\nDTEND;VALUE=DATE:20270103")).c_str());
}

TEST(Ics, of_every_year_come_again_until_they_end) {
    STRCMP_EQUAL("2028-12-25 2029-12-25 2030-12-25",
                 read(event("DTSTART;VALUE=DATE:20281225\r\nRRULE:FREQ=YEARLY")).c_str());
    STRCMP_EQUAL(
        "2020-05-01 2022-05-01",
        read(event("DTSTART;VALUE=DATE:20200501\r\nRRULE:FREQ=YEARLY;COUNT=2;INTERVAL=2")).c_str());
    STRCMP_EQUAL("2020-05-01 2021-05-01",
                 read(event("DTSTART;VALUE=DATE:20200501\r\n"
                            "RRULE:FREQ=YEARLY;UNTIL=20210501;BYMONTH=5;BYMONTHDAY=1"))
                     .c_str());
    STRCMP_EQUAL("2024-02-29 2028-02-29",
                 read(event("DTSTART;VALUE=DATE:20240229\r\nRRULE:FREQ=YEARLY")).c_str());
    STRCMP_EQUAL("2020-05-01 2022-05-01",
                 read(event("DTSTART;VALUE=DATE:20200501\r\nRRULE:FREQ=YEARLY;COUNT=3\r\n"
                            "EXDATE;VALUE=DATE:20210501"))
                     .c_str());
}

TEST(Ics, of_folded_lines_and_inner_components_are_read_as_they_are_meant) {
    STRCMP_EQUAL("2026-12-25", read(event("DTSTART;VALUE=DA\r\n TE:2026\r\n\t1225\r\n"
                                          "BEGIN:VALARM\r\nDURATION:PT5M\r\nEND:VALARM"))
                                   .c_str());
    STRCMP_EQUAL("", read(event("DTSTART;VALUE=DATE:20261225\r\nSTATUS:CANCELLED")).c_str());
    STRCMP_EQUAL("2026-12-25", read("BEGIN:VTIMEZONE\r\nDTSTART:19810329T020000\r\n"
                                    "END:VTIMEZONE\r\n" +
                                    event("dtstart;value=date:20261225"))
                                   .c_str());
}

TEST(Ics, point_at_the_line_that_is_not_understood) {
    STRCMP_EQUAL("h.ics:5: DTSTART: expected a whole day such as DTSTART;VALUE=DATE:20261225",
                 read(event("DTSTART:20261225T100000Z")).c_str());
    STRCMP_CONTAINS("h.ics:5: DTSTART", read(event("DTSTART;VALUE=DATE:20260230")).c_str());
    STRCMP_CONTAINS(
        "h.ics:6: RRULE: BYDAY=4TH is not understood",
        read(event("DTSTART;VALUE=DATE:20261126\r\nRRULE:FREQ=YEARLY;BYDAY=4TH")).c_str());
    STRCMP_CONTAINS("h.ics:6: RRULE: FREQ=DAILY",
                    read(event("DTSTART;VALUE=DATE:20261126\r\nRRULE:FREQ=DAILY")).c_str());
    STRCMP_CONTAINS("h.ics:6: DURATION",
                    read(event("DTSTART;VALUE=DATE:20261126\r\nDURATION:P1D")).c_str());
    STRCMP_CONTAINS("h.ics:3: this event has no DTSTART", read(event("DESCRIPTION:x")).c_str());
    STRCMP_CONTAINS("h.ics:3: this event does not end", read("BEGIN:VEVENT\r\n").c_str());
    STRCMP_CONTAINS(
        "h.ics:3: this event lasts more than a year",
        read(event("DTSTART;VALUE=DATE:20260101\r\nDTEND;VALUE=DATE:20280101")).c_str());
    STRCMP_CONTAINS(
        "another day than DTSTART",
        read(event("DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=YEARLY;BYMONTHDAY=2")).c_str());
    const auto no_calendar = ics_dates("<html>", "h.ics", 2030);
    STRCMP_EQUAL("h.ics:1: expected BEGIN:VCALENDAR", no_calendar.error().message.c_str());
    CHECK_FALSE(ics_dates("", "h.ics", 2030).has_value());
}

TEST(Ics, that_would_make_too_many_dates_are_refused) {
    std::string many;
    for (int i = 0; i < 40; ++i) {
        many += event("DTSTART;VALUE=DATE:" + std::to_string(2000 + i) +
                      "0101\r\nDTEND;VALUE=DATE:" + std::to_string(2000 + i) + "1231");
    }
    STRCMP_CONTAINS("more than 10000 dates", read(many).c_str());
}
