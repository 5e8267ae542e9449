// Outdoor and room temperature: season, time of day and weather that lasts some days. A pure
// function of place and time, so that appliances of one place share it.
#pragma once

#include <cstdint>

#include "common/time.hpp"

namespace aftercare::sim {

struct Climate {
    double annual_mean_celsius = 12.0;
    double season_celsius = 10.0;  ///< amplitude, warmest around 20 July
    double day_celsius = 4.5;      ///< amplitude, warmest at 15:00
    double weather_celsius = 3.0;  ///< standard deviation of the daily weather
    std::uint64_t seed = 1;

    [[nodiscard]] double outdoor_celsius(WallTime at) const;
    /// 21 °C plus a quarter of what the outdoors is above 15 °C, never below 17 °C.
    [[nodiscard]] double indoor_celsius(WallTime at) const;
};

/// 0..23 and 0 (Monday)..6 in UTC.
int hour_of_day(WallTime at);
int weekday(WallTime at);

}  // namespace aftercare::sim
