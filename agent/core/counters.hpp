// Counters of an appliance as totals that never go back, made from raw values that may wrap or
// begin anew.
#pragma once

#include <cstdint>

#include "common/telemetry.hpp"

namespace aftercare::agent {

/// One counter's memory.
struct CounterSlot {
    std::uint32_t counter_id = 0;
    bool known = false;
    std::uint64_t raw = 0;    ///< as last given
    std::uint64_t total = 0;  ///< as told
};

/// Goes on from `total`, with `raw` as the raw value that belongs to it.
inline void resume(CounterSlot& slot, std::uint64_t total, std::uint64_t raw) {
    slot.known = true;
    slot.total = total;
    slot.raw = raw;
}

/// Takes the raw value of a counter of `bits` (1 to 64). The first one is the total. Later, less
/// than before means a wrap when the counter was in the last quarter of its range and is in the
/// first one now; otherwise it began anew at zero.
inline void count(CounterSlot& slot, std::uint64_t raw, std::uint32_t bits) {
    const std::uint64_t top = bits >= 64 ? UINT64_MAX : (std::uint64_t{1} << bits) - 1;
    const std::uint64_t quarter = top / 4;
    if (!slot.known) {
        resume(slot, raw, raw);
    } else if (raw >= slot.raw) {
        slot.total += raw - slot.raw;
    } else if (slot.raw <= top && slot.raw >= top - quarter && raw <= quarter) {
        slot.total += top - slot.raw + raw + 1;
    } else {
        slot.total += raw;
    }
    slot.raw = raw;
}

}  // namespace aftercare::agent
