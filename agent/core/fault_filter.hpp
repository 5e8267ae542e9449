// From raw condition bits to fault records: debounce, minimum clear time (hysteresis in time),
// counting, and a storm limit. A threshold with hysteresis in value stands beside it. Pure: time is
// passed in.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "common/telemetry.hpp"

namespace aftercare::agent {

struct FaultFilterOptions {
    std::uint32_t raise_after_ms = 0;  ///< the condition must hold this long
    std::uint32_t clear_after_ms = 0;  ///< and be gone this long
    std::uint32_t storm_limit = 10;    ///< records of one code in storm_window_ms; more are folded
    std::uint32_t storm_window_ms = 3'600'000;
};

/// One code's memory; the caller keeps an array of them.
struct FaultSlot {
    std::uint32_t code = 0;
    bool used = false;
    bool condition = false;  ///< as last reported
    bool raised = false;     ///< debounced
    bool told = false;       ///< the last record said raised
    std::uint64_t changed_ms = 0;
    std::uint64_t window_began_ms = 0;
    std::uint32_t records_in_window = 0;
    std::uint32_t folded = 0;  ///< occurrences since the limit was reached
};

class FaultFilter {
  public:
    /// Lifetime: `slots` must outlive the filter; as many codes as slots are watched.
    FaultFilter(const FaultFilterOptions& options, std::span<FaultSlot> slots)
        : options_(options), slots_(slots) {}

    /// Tells whether the condition behind `code` holds now. Call on change or as often as you like.
    /// False when there is no slot left for the code.
    bool condition(std::uint32_t code, bool holds, std::uint64_t now_ms);
    /// An event without duration. Gives the record to make, or none when it was folded.
    std::optional<Fault> occurred(std::uint32_t code, std::uint64_t now_ms);
    /// The next record that is due; call until it gives none.
    std::optional<Fault> due(std::uint64_t now_ms);
    /// When due() will have something; UINT64_MAX when only a change can bring it.
    [[nodiscard]] std::uint64_t next_ms() const;
    [[nodiscard]] std::uint64_t unwatched_count() const { return unwatched_; }

  private:
    FaultSlot* slot_of(std::uint32_t code);
    void roll_window(FaultSlot& slot, std::uint64_t now_ms) const;
    /// Counts a record against the storm limit; none when it is folded.
    std::optional<Fault> admit(FaultSlot& slot, FaultState state, std::uint64_t now_ms) const;
    std::optional<Fault> change(FaultSlot& slot, std::uint64_t now_ms) const;
    std::optional<Fault> summary(FaultSlot& slot, std::uint64_t now_ms) const;
    [[nodiscard]] std::uint64_t change_due_ms(const FaultSlot& slot) const;

    FaultFilterOptions options_;
    std::span<FaultSlot> slots_;
    std::uint64_t unwatched_ = 0;
};

/// A value with hysteresis: true above `high` until it falls below `low`. For a fault on low values
/// give both with their signs turned.
class Threshold {
  public:
    Threshold(float high, float low) : high_(high), low_(low) {}
    bool holds(float value) {
        holding_ = holding_ ? value > low_ : value > high_;
        return holding_;
    }

  private:
    float high_;
    float low_;
    bool holding_ = false;
};

}  // namespace aftercare::agent
