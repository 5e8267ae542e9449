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
