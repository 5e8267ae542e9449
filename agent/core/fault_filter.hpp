// From raw condition bits to fault records: debounce, minimum clear time (hysteresis in time),
// counting, and a storm limit. A threshold with hysteresis in value stands beside it. Pure: time is
// passed in.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "common/telemetry_settings.hpp"

namespace aftercare::agent {

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
    explicit FaultFilter(std::span<FaultSlot> slots) : slots_(slots) {}

    /// Rules from now on; a code without one has the defaults of FaultRule: no debouncing, at most
    /// 10 records an hour.  Lifetime: until the next call.
    void set_rules(std::span<const FaultRule> rules) { rules_ = rules; }

    /// Tells whether the condition behind `code` holds now. Call on change or as often as you like.
    /// False when there is no slot left for the code.
    bool condition(std::uint32_t code, bool holds, std::uint64_t now_ms);
    /// An event without duration. Gives the record to make, or none when it was folded.
    std::optional<Fault> occurred(std::uint32_t code, std::uint64_t now_ms);
    /// The next record that is due; call until it gives none.
    std::optional<Fault> due(std::uint64_t now_ms);
    /// The record could not be made for now: it is due again, or told with the next one.
    void not_made(const Fault& fault);
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

    [[nodiscard]] FaultRule rule_of(std::uint32_t code) const;
    [[nodiscard]] std::uint64_t storm_ends_ms(const FaultSlot& slot) const;

    std::span<const FaultRule> rules_;
    std::span<FaultSlot> slots_;
    std::uint64_t unwatched_ = 0;
};

/// True while the condition holds that `rule` describes.  `held`: whether it did before.
[[nodiscard]] inline bool beyond(const ThresholdRule& rule, bool held, float value) {
    if (rule.below) return value < (held ? rule.high : rule.low);
    return value > (held ? rule.low : rule.high);
}

}  // namespace aftercare::agent
