// What routing and people made of every ticket, worked out again from its events by the core's own
// code.
#include "collector/core/desk/desk_events.hpp"
#include "collector/io/sqlite/verify_checks.hpp"

namespace aftercare::collector::sqlite {

namespace {

/// The first member that differs, with both values; "" when none does.
std::string difference(const Ticket& stored, const Ticket& derived) {
    const DeskWork& a = stored.work;
    const DeskWork& b = derived.work;
    const auto text = [](std::string_view what, std::string_view holds, std::string_view says) {
        return holds == says ? std::string{}
                             : std::string{what} + " is \"" + std::string{holds} +
                                   "\", its events say \"" + std::string{says} + "\"";
    };
    const auto number = [&](std::string_view what, std::uint32_t holds, std::uint32_t says) {
        return text(what, std::to_string(holds), std::to_string(says));
    };
    for (std::string found : {text("centre", stored.centre, derived.centre),
                              text("queue", to_string(a.queue), to_string(b.queue)),
                              text("route_reason", a.route_reason, b.route_reason),
                              text("assignee", a.assignee, b.assignee),
                              text("merged_into", a.merged_into, b.merged_into),
                              number("escalation_level", a.escalation_level, b.escalation_level),
                              number("escalation_count", a.escalation_count, b.escalation_count),
                              number("comment_count", a.comment_count, b.comment_count)}) {
        if (!found.empty()) return found;
    }
    if (stored.severity < derived.severity) {
        return text("severity", to_string(stored.severity), to_string(derived.severity));
    }
    return a == b ? "" : "routed_at is not the time of its last routing";
}

}  // namespace

TicketCheck desk_work() {
    return {{"desk_work", "centre, assignee, escalation and merging follow from the events"},
            [](const Ticket& stored, const std::vector<TicketEvent>& events, VerifyCheck& check) {
                Ticket derived;
                for (const TicketEvent& event : events) project(event, derived);
                ++check.examined;
                const std::string found = difference(stored, derived);
                if (!found.empty()) check.add_wrong("ticket " + stored.id + ": " + found);
            }};
}

}  // namespace aftercare::collector::sqlite
