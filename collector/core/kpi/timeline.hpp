// What happened to one ticket over time, and the questions that KPIs ask of it. All answers are as
// of a moment: changes at or after `before` are not known yet.
#pragma once

#include <optional>
#include <span>

#include "collector/core/model/ticket.hpp"
#include "collector/core/sla/calendar.hpp"

namespace aftercare::collector {

struct StateChange {
    WallTime at;
    TicketState to;
};

/// In order of time; the ticket is `open` before the first.
using Timeline = std::span<const StateChange>;

/// Resolved or closed, with somebody's work behind it; dismissed, merged and lapsed are not.
constexpr bool is_resolved(TicketState state) {
    return state == TicketState::resolved || state == TicketState::closed;
}

TicketState state_before(Timeline timeline, WallTime before);
/// When the resolution that stands just before `before` was reached; absent if open or ended
/// otherwise.
std::optional<WallTime> standing_resolution(Timeline timeline, WallTime before);
/// Any resolution in [from, to), and whether one of them was undone before `known_until`.
struct Reopening {
    bool resolved = false;
    bool reopened = false;
};
Reopening reopening(Timeline timeline, WallTime from, WallTime to, WallTime known_until);
/// Service time in [from, to) without the time in pending_customer and on_hold.
milliseconds working_span(Timeline timeline, const Calendar& calendar, WallTime from, WallTime to);

/// Calls `visit(at)` for each move from an open state to resolved or closed before `before`.
template <class Visit>
void each_resolution(Timeline timeline, WallTime before, Visit visit) {
    TicketState state = TicketState::open;
    for (const StateChange& change : timeline) {
        if (change.at >= before) return;
        if (is_open(state) && is_resolved(change.to)) visit(change.at);
        state = change.to;
    }
}

}  // namespace aftercare::collector
