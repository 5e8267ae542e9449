// Virtual time as a straight line over real time, shared by simulator and collector in a live run.
#pragma once

#include "common/time.hpp"

namespace aftercare {

/// virtual = start + (real − epoch) · speed. Speed 1 with start == epoch is the real clock.
struct ScaledClock {
    WallTime start{};
    WallTime epoch{};
    double speed = 1.0;

    [[nodiscard]] constexpr WallTime at(WallTime real) const {
        const double elapsed_ms = static_cast<double>((real - epoch).count());
        return start + milliseconds{static_cast<std::int64_t>(elapsed_ms * speed)};
    }
    /// How much real time passes while `span` of virtual time does.
    [[nodiscard]] constexpr milliseconds real_span(milliseconds span) const {
        return milliseconds{static_cast<std::int64_t>(static_cast<double>(span.count()) / speed)};
    }
};

}  // namespace aftercare
