#include "common/time_text.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;

TEST_GROUP(TimeText){};

TEST(TimeText, formats_known_unix_times) {
    // date -u -d @1420437600 and @951782399
    STRCMP_EQUAL("2015-01-05T06:00:00Z", format_rfc3339(wall_from_unix_ms(1420437600000)).c_str());
    STRCMP_EQUAL("2000-02-28T23:59:59.007Z",
                 format_rfc3339(wall_from_unix_ms(951782399007)).c_str());
    STRCMP_EQUAL("1970-01-01T00:00:00Z", format_rfc3339(wall_from_unix_ms(0)).c_str());
}

TEST(TimeText, parses_offsets_and_fractions) {
    CHECK(parse_rfc3339("2015-01-05T06:00:00Z") == wall_from_unix_ms(1420437600000));
    CHECK(parse_rfc3339("2015-01-05T08:00:00+02:00") == wall_from_unix_ms(1420437600000));
    CHECK(parse_rfc3339("2015-01-05T06:00:00.25Z") == wall_from_unix_ms(1420437600250));
    CHECK(parse_rfc3339("2016-02-29T00:00:00Z") == wall_from_unix_ms(1456704000000));
}

TEST(TimeText, reads_and_writes_real_days_only) {
    for (const char* text : {"1970-01-01", "2024-02-29", "2026-12-25", "1969-12-31"}) {
        STRCMP_EQUAL(text, format_date(parse_date(text).value()).c_str());
    }
    LONGS_EQUAL(19'782, parse_date("2024-02-29")->time_since_epoch().count());  // date +%s / 86400
    for (const char* text : {"", "2026-02-29", "2026-13-01", "2026-00-10", "2026-1-01",
                             "2026-12-25Z", "20261225", "2026/12/25", "x026-12-25"}) {
        CHECK_FALSE(parse_date(text).has_value());
    }
}

TEST(TimeText, refuses_what_is_no_time) {
    for (const char* text :
         {"", "2015-13-05T06:00:00Z", "2015-02-29T00:00:00Z", "2015-01-05T24:00:00Z",
          "2015-01-05T06:00:00", "2015-01-05 06:00", "2015-01-05T06:00:00.Z", "yesterday"}) {
        CHECK(!parse_rfc3339(text));
    }
    STRCMP_CONTAINS("'yesterday'", parse_rfc3339("yesterday").error().message.c_str());
}

TEST(TimeText, durations_go_both_ways) {
    CHECK(parse_duration("48h") == milliseconds{172'800'000});
    CHECK(parse_duration("1h30m") == milliseconds{5'400'000});
    CHECK(parse_duration("250ms") == milliseconds{250});
    STRCMP_EQUAL("48h", format_duration(milliseconds{172'800'000}).c_str());
    STRCMP_EQUAL("30d", format_duration(milliseconds{30LL * 86'400'000}).c_str());
    STRCMP_EQUAL("1h30m", format_duration(milliseconds{5'400'000}).c_str());
    for (const char* text : {"", "h", "5", "-3h", "3x", "99999999999d"})
        CHECK(!parse_duration(text));
}
