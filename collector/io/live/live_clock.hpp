// The only place of the running collector that reads clocks: monotonic for time-outs, wall time
// through the scaled line that a simulated fleet shares.
#pragma once

#include <chrono>

#include "collector/core/engine.hpp"
#include "common/scaled_clock.hpp"

namespace aftercare::collector {

inline WallTime real_wall_now() {
    return WallTime{std::chrono::duration_cast<milliseconds>(
        std::chrono::system_clock::now().time_since_epoch())};
}

struct LiveClock {
    ScaledClock scaled;

    [[nodiscard]] Now now() const {
        const auto steady = std::chrono::steady_clock::now().time_since_epoch();
        return {Instant{std::chrono::duration_cast<std::chrono::microseconds>(steady)},
                scaled.at(real_wall_now())};
    }
};

}  // namespace aftercare::collector
