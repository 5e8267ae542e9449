// When the engine thread does a step of housekeeping. While a fleet pours in, intake goes first and
// merging waits for a calmer moment; but not for ever: what is never merged makes time lines slow
// and files large.
#pragma once

#include <cstddef>
#include <cstdint>

#include "collector/io/live/engine_loop.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

class HousePace {
  public:
    static constexpr std::uint64_t kReportsMax = 200'000;  ///< taken in without a step between
    static constexpr unsigned kBusyTurnsPerStep = 8;
    static constexpr milliseconds kPause{5'000};  ///< when nothing was due

    /// May this turn, which took `reports` in, end with a step?
    [[nodiscard]] bool step_after(EngineLoop::Turn turn, std::size_t reports, Instant now) {
        using Turn = EngineLoop::Turn;
        if (turn == Turn::stalled || turn == Turn::broken) return false;
        if (turn != Turn::full && turn != Turn::busy) {
            reports_ = 0;
        } else {
            reports_ += reports;
            if (reports_ < kReportsMax || ++busy_turns_ < kBusyTurnsPerStep) return false;
        }
        busy_turns_ = 0;
        return now >= pause_until_;
    }
    void nothing_was_due(Instant now) { pause_until_ = now + kPause; }

  private:
    std::uint64_t reports_ = 0;  ///< since the last calm turn
    unsigned busy_turns_ = 0;
    Instant pause_until_{};
};

}  // namespace aftercare::collector
