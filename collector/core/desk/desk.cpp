#include "collector/core/desk/desk.hpp"

#include "collector/core/desk/desk_events.hpp"
#include "collector/core/desk/evidence.hpp"
#include "collector/core/desk/life_cycle.hpp"

namespace aftercare::collector {
namespace {

std::string_view who_of(const WorkOnTicket& command) {
    return command.who.empty() ? std::string_view{"desk"} : std::string_view{command.who};
}

Remark remark_of(std::string_view kind, const WorkOnTicket& command, const Step& step,
                 std::string value) {
    return {kind, who_of(command), command.why, step.now.wall, std::move(value)};
}

Status needs_open(const Ticket& ticket, std::string_view what) {
    if (is_open(ticket.state)) return {};
    std::string refusal = "ticket " + ticket.id + " is " + std::string{to_string(ticket.state)} +
                          ": only an open one is " + std::string{what};
    if (ticket.state == TicketState::merged) {
        refusal += "; it goes on as " + ticket.work.merged_into;
    } else {
        refusal += "; reopen it (transition to open), or comment on it";
    }
    return fail(Errc::invalid, std::move(refusal));
}

Status needs_reason(const WorkOnTicket& command, std::string_view what) {
    if (!command.why.empty()) return {};
    return fail(Errc::invalid, "member \"why\": say why the ticket is " + std::string{what});
}

/// Whether `goes_on` may take over `ended`.
Status may_merge(const Ticket& ended, const Case* goes_on, const WorkOnTicket& command,
                 const std::string& into) {
    const auto refuse = [](const std::string& why) {
        return fail(Errc::invalid, "member \"into\": " + why);
    };
    if (into == ended.id) return refuse("a ticket is not merged into itself");
    if (goes_on == nullptr || !command.scope.covers(goes_on->ticket)) {
        return refuse("no ticket " + into + " that can still change");
    }
    const Ticket& other = goes_on->ticket;
    if (other.device_no != ended.device_no) {
        return refuse("ticket " + other.id + " is of device " + other.tenant + "/" +
                      other.device_id + ", this one of " + ended.tenant + "/" + ended.device_id +
                      ": only tickets of one device are merged");
    }
    if (!is_open(other.state)) {
        return refuse("ticket " + other.id + " is " + std::string{to_string(other.state)} +
                      ": merge into one that is open");
    }
    if (may_change(ended.state, TicketState::merged)) return {};
    return fail(Errc::invalid, "ticket " + ended.id + " cannot go from " +
                                   std::string{to_string(ended.state)} +
                                   " to merged; allowed next: " + allowed_next(ended.state));
}

}  // namespace

Status Desk::merge(Case& ended, const MergeInto& action, const WorkOnTicket& command,
                   const Step& step) {
    Case* goes_on = book_.find(action.ticket_id);
    if (Status may = may_merge(ended.ticket, goes_on, command, action.ticket_id); !may) return may;
    book_.change_state(ended, TicketState::merged,
                       remark_of(kMerged, command, step, goes_on->ticket.id), step);
    Ticket& other = goes_on->ticket;
    other.evidence_json = append_all_evidence(other.evidence_json, ended.ticket.evidence_json);
    book_.record(*goes_on,
                 remark_of(kMergedFrom, command, step, merged_from_value(ended.ticket, other)),
                 step);
    return {};
}

Status Desk::route(Case& routed, const Reroute& action, const WorkOnTicket& command,
                   const Step& step) {
    const Ticket& ticket = routed.ticket;
    if (!action.centre.empty()) {
        if (Status why = needs_reason(command, "routed by hand"); !why) return why;
        if (Status known = dispatch_.check(ticket.tenant, action.centre); !known) return known;
        Remark remark =
            remark_of(kRouted, command, step, route_value(RouteQueue::none, action.centre));
        remark.why = action.centre + ": by hand: " + command.why;
        if (action.centre != ticket.centre || ticket.work.queue != RouteQueue::none)
            book_.record(routed, remark, step);
        return {};
    }
    if (!dispatch_.routes(ticket.tenant)) {
        return fail(Errc::invalid,
                    "member \"centre\": name one; no [[centre]] of the configuration says what it "
                    "serves, so there are no rules to route by");
    }
    const Route found = dispatch_.route(ticket, step.now.wall);
    const bool same = found.centre == ticket.centre && found.queue == ticket.work.queue;
    if (same && !found.centre.empty()) return {};
    Remark remark = remark_of(kRouted, command, step, route_value(found.queue, found.centre));
    remark.why =
        found.reason + (command.why.empty() ? "" : " (again by the rules: " + command.why + ")");
    book_.record(routed, remark, step);
    return {};
}

struct Desk::Visitor {
    Desk& desk;
    Case& subject;
    const WorkOnTicket& command;
    const Step& step;

    Status operator()(const Assign& action) const {
        if (Status open = needs_open(subject.ticket, "assigned"); !open) return open;
        if (action.assignee == subject.ticket.work.assignee) return {};
        desk.book_.record(subject, remark_of(kAssigned, command, step, action.assignee), step);
        return {};
    }
    Status operator()(const Escalate& action) const {
        if (Status open = needs_open(subject.ticket, "escalated"); !open) return open;
        if (Status why = needs_reason(command, "escalated"); !why) return why;
        if (action.level == subject.ticket.work.escalation_level) return {};
        desk.book_.record(subject,
                          remark_of(kEscalated, command, step, std::to_string(action.level)), step);
        return {};
    }
    Status operator()(const AddComment&) const {
        desk.book_.record(subject, remark_of(kComment, command, step, {}), step);
        return {};
    }
    Status operator()(const Reroute& action) const {
        if (Status open = needs_open(subject.ticket, "routed"); !open) return open;
        return desk.route(subject, action, command, step);
    }
    Status operator()(const MergeInto& action) const {
        return desk.merge(subject, action, command, step);
    }
};

Result<CommandReply> Desk::work(const WorkOnTicket& command, const Step& step) {
    const auto found =
        book_.find_for_change(command.ticket_id, command.scope, command.expected_version);
    if (!found) return fail(found.error());
    const Ticket& ticket = (*found)->ticket;
    const std::uint32_t before = ticket.version;
    if (Status done = std::visit(Visitor{*this, **found, command, step}, command.action); !done) {
        return fail(done.error());
    }
    const auto kind =
        ticket.version == before ? CommandReply::Kind::unchanged : CommandReply::Kind::updated;
    return CommandReply{kind, ticket.id, ticket.id};
}

}  // namespace aftercare::collector
