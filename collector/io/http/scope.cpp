#include <set>

#include "collector/io/http/problem.hpp"
#include "collector/io/http/routes.hpp"
#include "collector/ports/wrong_parameter.hpp"

namespace aftercare::collector {

Response json_response(unsigned status, std::string body) {
    return {status, "application/json", std::move(body), {{"Cache-Control", "no-store"}}};
}

bool wants_csv(const Request& request) {
    return request.header("accept").find("text/csv") != std::string_view::npos;
}

Response csv_response(std::string body) {
    return {200, "text/csv; charset=utf-8", std::move(body), {{"Cache-Control", "no-store"}}};
}

Response parameter_problem(const QueryReader::Mistake& mistake) {
    return problem(400, "parameter \"" + mistake.field + "\": " + mistake.why, mistake.field);
}

Response list_problem(const Error& error) {
    if (error.code != Errc::invalid) return problem(error);
    return problem(400, error.message, parameter_of(error));
}

bool may_see(const Principal& principal, const Ticket& ticket) {
    return ticket.tenant == principal.tenant &&
           (principal.role != Role::centre || ticket.centre == principal.centre);
}

bool may_see(const Principal& principal, const DeviceInfo& device) {
    return device.tenant == principal.tenant &&
           (principal.role != Role::centre || device.centre == principal.centre);
}

bool owns_rules(const Call& call) {
    return !call.rules.owner.empty() && call.principal.tenant == call.rules.owner;
}

void hide_people(RuleStanding& standing) {
    if (standing.who == kEngine) return;
    standing.who.clear();
    standing.why.clear();
}

Result<TicketDetail> visible_ticket(const Call& call, const std::string& ticket_id) {
    auto detail = call.queries.ticket(ticket_id);
    if (!detail && detail.error().code != Errc::not_found) return detail;
    if (!detail || !may_see(call.principal, detail->ticket)) {
        return fail(Errc::not_found, "no ticket \"" + ticket_id + "\"");
    }
    return detail;
}

namespace {

/// A centre sees a device of which a ticket was routed to it.
bool has_ticket_of(const Call& call, const DeviceInfo& device) {
    if (call.principal.role != Role::centre || device.tenant != call.principal.tenant) return false;
    TicketFilter filter;
    filter.tenant = device.tenant;
    filter.device_id = device.device_id;
    filter.centre = call.principal.centre;
    filter.limit = 1;
    const auto page = call.queries.tickets(filter);
    return page && !page->items.empty();
}

}  // namespace

Result<DeviceInfo> visible_device(const Call& call, const std::string& device_id) {
    auto device = call.queries.device(call.principal.tenant, device_id);
    if (!device && device.error().code != Errc::not_found) return device;
    if (!device || !(may_see(call.principal, *device) || has_ticket_of(call, *device))) {
        return fail(Errc::not_found, "no device \"" + device_id + "\"");
    }
    return device;
}

KpiRows visible_rows(const Principal& principal, KpiRows rows) {
    std::set<DeviceNo> devices;
    std::set<std::string, std::less<>> tickets;
    std::erase_if(rows.devices, [&](const DeviceInfo& d) { return !may_see(principal, d); });
    std::erase_if(rows.tickets, [&](const Ticket& t) { return !may_see(principal, t); });
    for (const DeviceInfo& device : rows.devices) devices.insert(device.no);
    for (const Ticket& ticket : rows.tickets) tickets.insert(ticket.id);
    const auto hidden = [&](const std::string& ticket_id, DeviceNo device_no) {
        return ticket_id.empty() ? !devices.contains(device_no) : !tickets.contains(ticket_id);
    };
    std::erase_if(rows.state_events,
                  [&](const TicketEvent& e) { return !tickets.contains(e.ticket_id); });
    std::erase_if(rows.contacts,
                  [&](const Contact& c) { return hidden(c.ticket_id, c.device_no); });
    std::erase_if(rows.outcomes,
                  [&](const Outcome& o) { return hidden(o.ticket_id, o.device_no); });
    return rows;
}

std::string ticket_etag(std::uint32_t version) {
    return "\"" + std::to_string(version) + "\"";
}

}  // namespace aftercare::collector
