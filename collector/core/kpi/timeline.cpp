#include "collector/core/kpi/timeline.hpp"

#include <algorithm>

namespace aftercare::collector {

TicketState state_before(Timeline timeline, WallTime before) {
    TicketState state = TicketState::open;
    for (const StateChange& change : timeline) {
        if (change.at >= before) break;
        state = change.to;
    }
    return state;
}

std::optional<WallTime> standing_resolution(Timeline timeline, WallTime before) {
    TicketState state = TicketState::open;
    std::optional<WallTime> resolved;
    for (const StateChange& change : timeline) {
        if (change.at >= before) break;
        if (is_open(state) && is_resolved(change.to)) resolved = change.at;
        if (!is_resolved(change.to)) resolved.reset();
        state = change.to;
    }
    return resolved;
}

Reopening reopening(Timeline timeline, WallTime from, WallTime to, WallTime known_until) {
    Reopening answer;
    TicketState state = TicketState::open;
    bool resolved_here = false;  // the standing resolution lies in the period
    for (const StateChange& change : timeline) {
        if (change.at >= known_until) break;
        if (is_open(state) && is_resolved(change.to)) {
            resolved_here = change.at >= from && change.at < to;
            answer.resolved = answer.resolved || resolved_here;
        } else if (is_resolved(state) && is_open(change.to)) {
            answer.reopened = answer.reopened || resolved_here;
            resolved_here = false;
        }
        state = change.to;
    }
    return answer;
}

milliseconds working_span(Timeline timeline, const Calendar& calendar, WallTime from, WallTime to) {
    milliseconds span{0};
    TicketState state = TicketState::open;
    WallTime since = from;
    for (const StateChange& change : timeline) {
        const WallTime at = std::clamp(change.at, from, to);
        if (is_paused(state) != is_paused(change.to)) {
            if (!is_paused(state)) span += working_time(calendar, since, at);
            since = at;
        }
        state = change.to;
    }
    if (!is_paused(state)) span += working_time(calendar, since, to);
    return span;
}

}  // namespace aftercare::collector
