#include "firmware_sim/model/climate.hpp"

#include <algorithm>
#include <cmath>

#include "common/rng.hpp"

namespace aftercare::sim {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDayMs = 24 * kHourMs;
constexpr double kTwoPi = 6.283185307179586;

/// Standard normal, one per place and day.
double day_noise(std::uint64_t seed, std::int64_t day) {
    return Rng{seed}.fork(static_cast<std::uint64_t>(day)).normal(0, 1);
}

}  // namespace

int hour_of_day(WallTime at) {
    const std::int64_t in_day = ((unix_ms(at) % kDayMs) + kDayMs) % kDayMs;
    return static_cast<int>(in_day / kHourMs);
}

int weekday(WallTime at) {
    const std::int64_t day = (unix_ms(at) - ((unix_ms(at) % kDayMs) + kDayMs) % kDayMs) / kDayMs;
    return static_cast<int>((((day + 3) % 7) + 7) % 7);  // 1970-01-01 was a Thursday
}

double Climate::outdoor_celsius(WallTime at) const {
    const double days = static_cast<double>(unix_ms(at)) / static_cast<double>(kDayMs);
    // 20 July is day 200 of the year counted from 0; 365.2425 days a year since 1970-01-01.
    const double season = std::cos(kTwoPi * (days - 200.0) / 365.2425);
    const double hour = (days - std::floor(days)) * 24.0;
    const double daily = std::cos(kTwoPi * (hour - 15.0) / 24.0);
    const auto day = static_cast<std::int64_t>(std::floor(days));
    const double share = days - static_cast<double>(day);
    // Weather moves in a straight line from one day's value to the next.
    const double weather = day_noise(seed, day) * (1 - share) + day_noise(seed, day + 1) * share;
    return annual_mean_celsius + season_celsius * season + day_celsius * daily +
           weather_celsius * weather;
}

double Climate::indoor_celsius(WallTime at) const {
    return std::max(17.0, 21.0 + 0.25 * (outdoor_celsius(at) - 15.0));
}

}  // namespace aftercare::sim
