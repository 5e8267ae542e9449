#include "collector/io/text/ticket_csv.hpp"

#include "common/time_text.hpp"

namespace aftercare::collector {
namespace {

void append_time(CsvWriter& csv, const std::optional<WallTime>& at) {
    csv.text(at ? format_rfc3339(*at) : "");
}

}  // namespace

void append_ticket_header(CsvWriter& csv) {
    csv.header({"ticket_id", "tenant", "device_id", "component", "failure_mode", "origin", "rule",
                "opened_at", "contacted_at", "resolved_at", "state", "outcome", "probability",
                "horizon_h", "centre", "assignee", "escalation_level", "queue", "merged_into"});
}

void append_ticket(CsvWriter& csv, const Ticket& ticket) {
    csv.text(ticket.id).text(ticket.tenant).text(ticket.device_id).text(ticket.component);
    csv.text(ticket.failure_mode).text(to_string(ticket.origin)).text(ticket.rule);
    append_time(csv, ticket.opened_at);
    append_time(csv, ticket.contacted_at);
    append_time(csv, ticket.resolved_at);
    csv.text(to_string(ticket.state));
    csv.text(ticket.outcome ? to_string(*ticket.outcome) : "");
    if (ticket.origin == Origin::reactive) {
        csv.blank().blank();
    } else {
        csv.number(ticket.probability).number(ticket.horizon_h);
    }
    const DeskWork& work = ticket.work;
    csv.text(ticket.centre).text(work.assignee).number(std::uint64_t{work.escalation_level});
    csv.text(work.queue == RouteQueue::none ? "" : to_string(work.queue)).text(work.merged_into);
    csv.end_row();
}

}  // namespace aftercare::collector
