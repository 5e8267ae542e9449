#include "collector/core/desk/desk_events.hpp"

#include <charconv>

namespace aftercare::collector {
namespace {

/// A value that nobody wrote sets nothing.
bool take_route(std::string_view value, Ticket& ticket) {
    const std::size_t colon = value.find(':');
    if (colon == std::string_view::npos) return false;
    const auto queue = parse_route_queue(value.substr(0, colon));
    if (!queue) return false;
    ticket.work.queue = *queue;
    ticket.centre = value.substr(colon + 1);
    return true;
}

void take_routing(const TicketEvent& event, Ticket& ticket) {
    const std::string before = ticket.centre;
    if (!take_route(event.value, ticket)) return;
    ticket.work.route_reason = event.why;
    ticket.work.routed_at = event.at;
    if (ticket.centre != before) ticket.work.assignee.clear();
}

void take_severity(std::string_view value, Ticket& ticket) {
    const std::size_t colon = value.find(':');
    if (colon == std::string_view::npos) return;
    const auto severity = parse_severity(value.substr(colon + 1));
    if (severity) ticket.severity = *severity;
}

void take_level(std::string_view value, DeskWork& work) {
    std::uint32_t level = 0;
    std::from_chars(value.data(), value.data() + value.size(), level);
    if (level > work.escalation_level) ++work.escalation_count;
    work.escalation_level = level;
}

}  // namespace

std::string route_value(RouteQueue queue, std::string_view centre) {
    return std::string{to_string(queue)} + ":" + std::string{centre};
}

std::string merged_from_value(const Ticket& came_in, const Ticket& goes_on) {
    if (came_in.severity <= goes_on.severity) return came_in.id;
    return came_in.id + ":" + std::string{to_string(came_in.severity)};
}

void project(const TicketEvent& event, Ticket& ticket) {
    if (event.kind == kOpened || event.kind == kOutcomeReported) {
        take_route(event.value, ticket);
    } else if (event.kind == kRouted) {
        take_routing(event, ticket);
    } else if (event.kind == kAssigned) {
        ticket.work.assignee = event.value;
    } else if (event.kind == kEscalated) {
        take_level(event.value, ticket.work);
    } else if (event.kind == kComment) {
        ++ticket.work.comment_count;
    } else if (event.kind == kMerged) {
        ticket.work.merged_into = event.value;
    } else if (event.kind == kMergedFrom) {
        take_severity(event.value, ticket);
    }
}

}  // namespace aftercare::collector
