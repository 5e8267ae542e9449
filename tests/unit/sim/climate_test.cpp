#include "firmware_sim/model/climate.hpp"

#include "common/time_text.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::sim;

TEST_GROUP(Climate){};

TEST(Climate, season_and_time_of_day_move_the_temperature_by_their_amplitudes) {
    const Climate calm{
        .annual_mean_celsius = 10, .season_celsius = 8, .day_celsius = 5, .weather_celsius = 0};
    // Warmest at 15:00 around 20 July, coldest at 03:00 half a year later: 10 ± (8 + 5).
    DOUBLES_EQUAL(23, calm.outdoor_celsius(*parse_rfc3339("2026-07-20T15:00:00Z")), 0.05);
    DOUBLES_EQUAL(-3, calm.outdoor_celsius(*parse_rfc3339("2026-01-18T03:00:00Z")), 0.05);
}

TEST(Climate, weather_has_its_deviation_and_appliances_of_one_place_share_it) {
    const Climate place{.season_celsius = 0, .day_celsius = 0, .weather_celsius = 3, .seed = 11};
    double squares = 0;
    constexpr int kDays = 4000;
    for (int day = 0; day < kDays; ++day) {
        const WallTime midnight = wall_from_unix_ms(86'400'000LL * (20'000 + day));
        const double off = place.outdoor_celsius(midnight) - place.annual_mean_celsius;
        squares += off * off;
        DOUBLES_EQUAL(place.outdoor_celsius(midnight), Climate{place}.outdoor_celsius(midnight), 0);
    }
    DOUBLES_EQUAL(9.0, squares / kDays, 0.8);
}

TEST(Climate, knows_the_day_of_the_week_and_the_hour) {
    const WallTime at = *parse_rfc3339("2026-11-21T19:30:00Z");  // a Saturday
    CHECK_EQUAL(5, weekday(at));
    CHECK_EQUAL(19, hour_of_day(at));
    CHECK_EQUAL(3, weekday(wall_from_unix_ms(0)));
    CHECK_EQUAL(2, weekday(wall_from_unix_ms(-1)));
}
