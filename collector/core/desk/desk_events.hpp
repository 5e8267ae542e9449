// The events by which people and routing change a ticket, and what each of them sets. An event
// carries its value, so that the row follows from the events alone: the engine and `verify` use
// the same function.
//
//   kind          value                            sets
//   opened        queue ":" centre                 centre, queue
//   outcome       the same, where it gave a centre centre, queue
//   detection     failure mode, where it is of a  –
//                 ticket merged into this one
//   routed        the same; why: the reason        centre, queue, reason, time; another centre has
//                                                  nobody assigned yet
//   assigned      assignee, or nothing             assignee
//   escalated     level, "0" = not any more        level; count, when it rose
//   comment       –                                count
//   merged        id of the ticket that goes on    merged_into
//   merged_from   id of the ticket that came in,   severity, where one stands there
//                 ":" severity where that was higher
#pragma once

#include <string>
#include <string_view>

#include "collector/core/model/ticket.hpp"

namespace aftercare::collector {

inline constexpr std::string_view kOpened = "opened";
inline constexpr std::string_view kOutcomeReported = "outcome";
inline constexpr std::string_view kDetection = "detection";
inline constexpr std::string_view kRouted = "routed";
inline constexpr std::string_view kAssigned = "assigned";
inline constexpr std::string_view kEscalated = "escalated";
inline constexpr std::string_view kComment = "comment";
inline constexpr std::string_view kMerged = "merged";
inline constexpr std::string_view kMergedFrom = "merged_from";

/// "over_capacity:north".
std::string route_value(RouteQueue queue, std::string_view centre);

/// "T1:critical", or "T1" when the ticket that came in changes no severity.
std::string merged_from_value(const Ticket& came_in, const Ticket& goes_on);

/// What `event` sets on its ticket's `work`, `centre` and `severity`; other members it leaves
/// alone.
void project(const TicketEvent& event, Ticket& ticket);

}  // namespace aftercare::collector
