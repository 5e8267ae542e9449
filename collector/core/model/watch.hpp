// The verification watch: after a fix the appliance itself shows whether it holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collector/core/model/ticket.hpp"

namespace aftercare::collector {

enum class WatchState : std::uint8_t {
    watching,
    verified,      ///< clean telemetry to the end, or for enough cycles
    not_verified,  ///< the telemetry did not come: nobody knows
    returned,      ///< the fault came back: the ticket is open again
};
std::string_view to_string(WatchState state);
std::optional<WatchState> parse_watch_state(std::string_view text);

/// What a repaired device showed since its ticket was resolved. A ticket that is resolved again is
/// watched anew.
struct Watch {
    std::string ticket_id;
    DeviceNo device_no = 0;
    WatchState state = WatchState::watching;
    WallTime since{};  ///< the ticket's resolution
    WallTime until{};
    std::uint32_t record_count = 0;    ///< clean, made since then
    std::uint32_t cycle_count = 0;     ///< of them, cycles
    std::optional<WallTime> last_at;   ///< event time of the newest of them
    std::optional<WallTime> ended_at;  ///< when its state was decided
};

/// A fix was claimed that telemetry can confirm or refute: by its outcome, or by a customer who
/// solved it. Nothing was fixed by `no_fault_found`, `unrepairable` and `customer_declined`.
bool claims_fix(const Ticket& ticket);

}  // namespace aftercare::collector
