// Two clocks that do not compare: Instant (monotonic, for time-outs) and WallTime (UTC, for facts).
// Nothing here reads a clock; only io does, and passes the moment down.
#pragma once

#include <chrono>
#include <cstdint>

namespace aftercare {

using std::chrono::milliseconds;

struct MonotonicClock {
    using duration = std::chrono::microseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<MonotonicClock>;
    static constexpr bool is_steady = true;
};
struct UtcClock {
    using duration = std::chrono::milliseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<UtcClock>;
    static constexpr bool is_steady = false;
};

/// Monotonic, microseconds since an arbitrary origin of the process or the simulated world.
using Instant = MonotonicClock::time_point;
/// UTC, milliseconds since 1970-01-01T00:00:00Z.
using WallTime = UtcClock::time_point;

constexpr WallTime wall_from_unix_ms(std::int64_t unix_ms) {
    return WallTime{milliseconds{unix_ms}};
}
constexpr std::int64_t unix_ms(WallTime at) {
    return at.time_since_epoch().count();
}

constexpr milliseconds hours_ms(double hours) {
    return milliseconds{static_cast<std::int64_t>(hours * 3'600'000.0)};
}
constexpr double as_hours(milliseconds span) {
    return static_cast<double>(span.count()) / 3'600'000.0;
}

}  // namespace aftercare
