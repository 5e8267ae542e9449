#include "agent/core/fault_filter.hpp"

#include <algorithm>

namespace aftercare::agent {

FaultRule FaultFilter::rule_of(std::uint32_t code) const {
    for (const FaultRule& rule : rules_) {
        if (rule.code == code) return rule;
    }
    return FaultRule{.code = code};
}

std::uint64_t FaultFilter::storm_ends_ms(const FaultSlot& slot) const {
    return slot.window_began_ms + std::uint64_t{rule_of(slot.code).storm_window_s} * 1000;
}

FaultSlot* FaultFilter::slot_of(std::uint32_t code) {
    FaultSlot* free = nullptr;
    for (FaultSlot& slot : slots_) {
        if (slot.used && slot.code == code) return &slot;
        if (!slot.used && free == nullptr) free = &slot;
    }
    if (free == nullptr) {
        ++unwatched_;
        return nullptr;
    }
    *free = FaultSlot{.code = code, .used = true};
    return free;
}

bool FaultFilter::condition(std::uint32_t code, bool holds, std::uint64_t now_ms) {
    FaultSlot* slot = slot_of(code);
    if (slot == nullptr) return false;
    if (slot->condition != holds) {
        slot->condition = holds;
        slot->changed_ms = now_ms;
    }
    return true;
}

void FaultFilter::roll_window(FaultSlot& slot, std::uint64_t now_ms) const {
    const bool over = now_ms >= storm_ends_ms(slot);
    if (slot.records_in_window > 0 && !over) return;
    slot.window_began_ms = now_ms;
    slot.records_in_window = 0;
}

// The record after a storm carries what was folded: "and 3,412 more".
std::optional<Fault> FaultFilter::admit(FaultSlot& slot, FaultState state,
                                        std::uint64_t now_ms) const {
    roll_window(slot, now_ms);
    if (slot.records_in_window >= rule_of(slot.code).storm_limit) {
        ++slot.folded;
        return std::nullopt;
    }
    ++slot.records_in_window;
    Fault fault;
    fault.code = slot.code;
    fault.state = state;
    fault.occurrences = 1 + slot.folded;
    slot.folded = 0;
    return fault;
}

std::optional<Fault> FaultFilter::occurred(std::uint32_t code, std::uint64_t now_ms) {
    FaultSlot* slot = slot_of(code);
    return slot == nullptr ? std::nullopt : admit(*slot, FaultState::occurred, now_ms);
}

std::uint64_t FaultFilter::change_due_ms(const FaultSlot& slot) const {
    if (!slot.used || slot.condition == slot.raised) return UINT64_MAX;
    const FaultRule rule = rule_of(slot.code);
    return slot.changed_ms + (slot.condition ? rule.raise_after_ms : rule.clear_after_ms);
}

std::optional<Fault> FaultFilter::change(FaultSlot& slot, std::uint64_t now_ms) const {
    slot.raised = slot.condition;
    if (slot.raised) {
        auto fault = admit(slot, FaultState::raised, now_ms);
        slot.told = fault.has_value();
        return fault;
    }
    // What was told as raised is told as cleared, storm or not: a fault raised for ever helps
    // nobody.
    if (!slot.told) return std::nullopt;
    slot.told = false;
    Fault cleared;
    cleared.code = slot.code;
    cleared.state = FaultState::cleared;
    return cleared;
}

// A storm that is over is told even when nothing follows it.
std::optional<Fault> FaultFilter::summary(FaultSlot& slot, std::uint64_t now_ms) const {
    const std::uint32_t folded = slot.folded;
    slot.folded = 0;
    roll_window(slot, now_ms);
    slot.records_in_window = 1;
    slot.told = slot.told || slot.raised;
    Fault fault;
    fault.code = slot.code;
    fault.state = slot.raised ? FaultState::raised : FaultState::occurred;
    fault.occurrences = folded;
    return fault;
}

std::optional<Fault> FaultFilter::due(std::uint64_t now_ms) {
    for (FaultSlot& slot : slots_) {
        if (now_ms >= change_due_ms(slot)) {
            if (auto fault = change(slot, now_ms)) return fault;
        }
        if (slot.folded > 0 && now_ms >= storm_ends_ms(slot)) {
            return summary(slot, now_ms);
        }
    }
    return std::nullopt;
}

void FaultFilter::not_made(const Fault& fault) {
    FaultSlot* slot = slot_of(fault.code);
    if (slot == nullptr) return;
    if (fault.state == FaultState::cleared) {
        slot->raised = slot->told = true;
        return;
    }
    if (slot->records_in_window > 0) --slot->records_in_window;
    const bool raises = fault.state == FaultState::raised;
    slot->folded += fault.occurrences - (raises ? 1 : 0);
    if (raises) slot->raised = slot->told = false;
}

std::uint64_t FaultFilter::next_ms() const {
    std::uint64_t next = UINT64_MAX;
    for (const FaultSlot& slot : slots_) {
        next = std::min(next, change_due_ms(slot));
        if (slot.used && slot.folded > 0) {
            next = std::min(next, storm_ends_ms(slot));
        }
    }
    return next;
}

}  // namespace aftercare::agent
