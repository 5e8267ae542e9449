// How much housekeeping the engine thread does after a turn. While a fleet pours in, intake goes
// first and merging waits for a calmer moment; but not for ever: what is never merged makes time
// lines slow and files large.
#pragma once

#include <cstddef>
#include <cstdint>

#include "collector/io/live/engine_loop.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

class HousePace {
  public:
    static constexpr std::uint64_t kReportsMax = 200'000;  ///< taken in without a step between
    static constexpr unsigned kStepsPerTurn = 64;          ///< while half the interval lasts
    static constexpr unsigned kFullTurnsPerStep = 8;
    static constexpr milliseconds kPause{5'000};  ///< when nothing was due

    /// How many steps may follow this turn, which took `reports` in.
    [[nodiscard]] unsigned steps_after(EngineLoop::Turn turn, std::size_t reports, Instant now) {
        using Turn = EngineLoop::Turn;
        if (turn == Turn::stalled || turn == Turn::broken) return 0;
        const bool calm = turn != Turn::full && turn != Turn::busy;
        reports_ = calm ? 0 : reports_ + reports;
        if (!calm && reports_ < kReportsMax) return 0;
        full_turns_ = turn == Turn::full ? full_turns_ + 1 : 0;
        if (full_turns_ % kFullTurnsPerStep != 0 || now < pause_until_) return 0;
        return turn == Turn::full ? 1 : kStepsPerTurn;
    }
    void nothing_was_due(Instant now) { pause_until_ = now + kPause; }

  private:
    std::uint64_t reports_ = 0;  ///< since the last calm turn
    unsigned full_turns_ = 0;
    Instant pause_until_{};
};

}  // namespace aftercare::collector
