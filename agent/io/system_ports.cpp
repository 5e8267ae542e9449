#include "agent/io/system_ports.hpp"

#include <sys/random.h>
#include <sys/timex.h>

#include <ctime>

namespace aftercare::agent {
namespace {

constexpr std::int64_t kYear2020UnixMs = 1'577'836'800'000;

std::int64_t clock_ms(clockid_t id) {
    timespec now{};
    clock_gettime(id, &now);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

WallReading wall(void*) {
    WallReading reading;
    reading.unix_ms = clock_ms(CLOCK_REALTIME);
    if (reading.unix_ms < kYear2020UnixMs) return WallReading{};
    timex kernel{};
    const int state = adjtimex(&kernel);
    const bool synced = state != -1 && state != TIME_ERROR && (kernel.status & STA_UNSYNC) == 0;
    reading.quality = synced ? ClockQuality::synced : ClockQuality::set_by_user;
    return reading;
}

}  // namespace

SystemClock::SystemClock() : started_ms_(monotonic_ms()) {}

std::uint64_t SystemClock::monotonic_ms() {
    return static_cast<std::uint64_t>(clock_ms(CLOCK_MONOTONIC));
}

ClockPort SystemClock::port() {
    return {this, [](void*) { return monotonic_ms(); },
            [](void* c) { return static_cast<SystemClock*>(c)->uptime_ms(); }, wall};
}

EntropyPort system_entropy() {
    EntropyPort port;
    port.random64 = [](void*) {
        std::uint64_t value = 0;
        // 8 bytes never come in part, and only an early boot without entropy can wait.
        while (getrandom(&value, sizeof value, 0) != sizeof value) {
        }
        return value;
    };
    return port;
}

}  // namespace aftercare::agent
