// What came of a predicted ticket, as far as anybody watched: the one definition that learning,
// back-tests and the validation of packs share.
//
// A ticket counts when its whole horizon lies within the history. Of younger ones those that came
// true have been seen and those that will not have not, so none of them counts, whatever came: else
// the end of a history would make every rule look better. The mirror case is a failure so soon
// after the beginning that no ticket could come before it: found or not, it does not count.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "collector/core/learn/fleet.hpp"

namespace aftercare::collector {

enum class TicketFate : std::uint8_t {
    right,    ///< the component failed within the horizon
    wrong,    ///< the horizon passed, and it did not
    censored  ///< renewed within the horizon, or not watched to its end: it counts nowhere
};
inline constexpr std::array<std::string_view, 3> kFateWords{"right", "wrong", "undecided"};

/// The end of one life of a component.
struct PartEnd {
    WallTime at{};  ///< of the failure where it is known, else of the work
    LifeEnd end{};  ///< never `untouched`
};
/// By time; of one moment the failure first.
void sort_by_time(std::vector<PartEnd>& ends);

struct Watched {
    WallTime device_to{};   ///< last sign of life of the device
    WallTime history_to{};  ///< of the whole history; >= device_to
};

struct Fate {
    TicketFate fate = TicketFate::wrong;
    /// Of the component within the horizon; also where the ticket is too young to count.
    std::optional<WallTime> failed_at;
};

/// The first end of the component's life decides: what comes later is another part's. A device that
/// fell silent without a failure is watched to its last sign of life, one that failed to the end.
/// Opened at 100 h with a horizon of 48 h, failed at 120 h, history to 1,000 h: right; history to
/// 140 h: censored, failed at 120 h; device silent from 130 h without failure: censored.
/// Pre: `ends` of the ticket's component, sorted by sort_by_time.
Fate fate_of(WallTime opened, milliseconds horizon, std::span<const PartEnd> ends,
             const Watched& watched);

/// Whether a failure counts in recall, for a device watched from `begin` on.
inline bool could_be_announced(WallTime failed_at, WallTime begin, milliseconds warm_up) {
    return failed_at > begin + warm_up;
}

}  // namespace aftercare::collector
