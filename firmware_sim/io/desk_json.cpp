#include "firmware_sim/io/desk_json.hpp"

#include <nlohmann/json.hpp>

#include "common/time_text.hpp"

namespace aftercare::sim {
namespace {

using collector::Ticket;
using Json = nlohmann::json;

void put(Json& object, const char* name, const std::string& value) {
    if (!value.empty()) object[name] = value;
}
void put(Json& object, const char* name, const std::optional<WallTime>& at) {
    if (at) object[name] = format_rfc3339(*at);
}

Json to_json(const collector::DeviceInfo& info) {
    Json object = {{"device_id", info.device_id}, {"model", info.model}};
    put(object, "serial", info.serial);
    put(object, "customer_id", info.customer_id);
    put(object, "region", info.region);
    put(object, "language", info.language);
    put(object, "segment", info.segment);
    put(object, "centre", info.centre);
    put(object, "installed_at", info.installed_at);
    put(object, "warranty_until", info.warranty_until);
    return object;
}

Json to_json(const collector::Outcome& outcome) {
    Json object = {{"id", outcome.id},
                   {"at", format_rfc3339(outcome.at)},
                   {"code", collector::to_string(outcome.code)},
                   {"visit_count", outcome.visit_count},
                   {"labour_min", outcome.labour_min},
                   {"not_solvable_at_first_contact", outcome.not_solvable_at_first_contact}};
    put(object, "device_id", outcome.device_id);
    put(object, "ticket_id", outcome.ticket_id);
    put(object, "component", outcome.component);
    put(object, "failure_mode", outcome.failure_mode);
    put(object, "failed_at", outcome.failed_at);
    put(object, "avoidable_cause", outcome.avoidable_cause);
    put(object, "note", outcome.note);
    put(object, "centre", outcome.centre);
    for (const collector::Part& part : outcome.parts) {
        object["parts"].push_back({{"number", part.number},
                                   {"old_serial", part.old_serial},
                                   {"new_serial", part.new_serial}});
    }
    return object;
}

/// The last part of the path, and the body.
struct ToDeskAction {
    using Action = std::pair<std::string, Json>;
    const std::string& why;

    Action operator()(const collector::Assign& action) const {
        return {"assign", Json::object({{"assignee", action.assignee}, {"why", why}})};
    }
    Action operator()(const collector::Escalate& action) const {
        return {"escalate", Json::object({{"level", action.level}, {"why", why}})};
    }
    Action operator()(const collector::AddComment&) const {
        return {"comment", Json::object({{"text", why}})};
    }
    Action operator()(const collector::Reroute& action) const {
        return {"route", Json::object({{"centre", action.centre}, {"why", why}})};
    }
    Action operator()(const collector::MergeInto& action) const {
        return {"merge", Json::object({{"into", action.ticket_id}, {"why", why}})};
    }
};

struct ToApiCall {
    ApiCall operator()(const collector::RegisterDevice& command) const {
        return {"/api/v1/devices", to_json(command.info).dump()};
    }
    ApiCall operator()(const collector::InboundContact& command) const {
        Json object = {{"direction", "inbound"},
                       {"contact_id", command.contact_id},
                       {"device_id", command.device_id},
                       {"at", format_rfc3339(command.at)},
                       {"channel", collector::to_string(command.channel)}};
        put(object, "component", command.component);
        put(object, "failure_mode", command.failure_mode);
        put(object, "failed_at", command.failed_at);
        put(object, "note", command.note);
        return {"/api/v1/contacts", object.dump()};
    }
    ApiCall operator()(const collector::OutboundContact& command) const {
        Json object = {{"direction", "outbound"},
                       {"contact_id", command.contact_id},
                       {"ticket_id", command.ticket_id},
                       {"at", format_rfc3339(command.at)},
                       {"channel", collector::to_string(command.channel)},
                       {"result", command.result}};
        put(object, "note", command.note);
        return {"/api/v1/contacts", object.dump()};
    }
    ApiCall operator()(const collector::ChangeTicket& command) const {
        Json object = {{"to", collector::to_string(command.to)},
                       {"at", format_rfc3339(command.at)}};
        put(object, "why", command.why);
        return {"/api/v1/tickets/" + command.ticket_id + "/transition", object.dump()};
    }
    ApiCall operator()(const collector::WorkOnTicket& command) const {
        const auto [action, body] = std::visit(ToDeskAction{command.why}, command.action);
        return {"/api/v1/tickets/" + command.ticket_id + "/" + action, body.dump()};
    }
    ApiCall operator()(const collector::SubmitOutcome& command) const {
        return {"/api/v1/outcomes", to_json(command.outcome).dump()};
    }
    ApiCall operator()(const collector::AssignOutcome& command) const {
        Json object = {{"ticket_id", nullptr}};
        put(object, "ticket_id", command.ticket_id);
        return {"/api/v1/outcomes/" + command.outcome_id + "/assign", object.dump()};
    }
    ApiCall operator()(const collector::ChangeRule& command) const {
        Json object = {{"mode", collector::to_string(command.to)}, {"reason", command.why}};
        return {"/api/v1/rules/" + command.rule_id + "/standing", object.dump()};
    }
    ApiCall operator()(const collector::ChangeProblem& command) const {
        Json object = {{"reason", command.why}};
        if (command.code) object["code"] = collector::to_string(*command.code);
        const char* action = command.to == collector::ProblemState::released    ? "/release"
                             : command.to == collector::ProblemState::rolled_up ? "/roll_up"
                                                                                : "/resolve";
        return {"/api/v1/problems/" + command.problem_id + action, object.dump()};
    }
    ApiCall operator()(const collector::RetryRefused& command) const {
        const std::string reason(to_string(command.key.reason));
        return {"/api/v1/quarantine/" + reason + "/retry", "{}"};
    }
};

const std::string* text(const Json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_string()) return nullptr;
    return found->get_ptr<const std::string*>();
}
void take(const Json& object, const char* name, std::string& into) {
    if (const std::string* value = text(object, name)) into = *value;
}
void take(const Json& object, const char* name, double& into) {
    const auto found = object.find(name);
    if (found != object.end() && found->is_number()) into = found->get<double>();
}
void take(const Json& object, const char* name, std::uint32_t& into) {
    const auto found = object.find(name);
    if (found != object.end() && found->is_number_unsigned()) into = found->get<std::uint32_t>();
}
void take(const Json& object, const char* name, std::optional<WallTime>& into) {
    const std::string* value = text(object, name);
    if (value == nullptr) return;
    if (const auto at = parse_rfc3339(*value)) into = *at;
}

Result<Ticket> parse_ticket(const Json& object) {
    Ticket ticket;
    take(object, "id", ticket.id);
    take(object, "tenant", ticket.tenant);
    take(object, "device_id", ticket.device_id);
    take(object, "model", ticket.model);
    take(object, "component", ticket.component);
    take(object, "failure_mode", ticket.failure_mode);
    take(object, "rule", ticket.rule);
    take(object, "centre", ticket.centre);
    take(object, "probability", ticket.probability);
    take(object, "horizon_h", ticket.horizon_h);
    take(object, "contacted_at", ticket.contacted_at);
    take(object, "resolved_at", ticket.resolved_at);
    take(object, "closed_at", ticket.closed_at);
    take(object, "verified_at", ticket.verified_at);
    take(object, "reopened_count", ticket.reopened_count);
    take(object, "failed_at", ticket.failed_at);

    std::string state, origin;
    std::optional<WallTime> opened_at;
    take(object, "state", state);
    take(object, "origin", origin);
    take(object, "opened_at", opened_at);
    const auto known_state = collector::parse_ticket_state(state);
    const auto known_origin = collector::parse_origin(origin);
    if (ticket.id.empty() || ticket.device_id.empty() || !opened_at || !known_state ||
        !known_origin) {
        return fail(Errc::invalid,
                    "a ticket needs id, device_id, opened_at, state and origin: " + object.dump());
    }
    ticket.opened_at = *opened_at;
    ticket.state = *known_state;
    ticket.origin = *known_origin;
    std::optional<WallTime> detected_at;
    take(object, "detected_at", detected_at);
    ticket.detected_at = detected_at.value_or(*opened_at);
    return ticket;
}

}  // namespace

ApiCall to_api_call(const collector::Command& command) {
    return std::visit(ToApiCall{}, command);
}

ApiCall to_api_call(const std::vector<collector::RegisterDevice>& devices) {
    Json array = Json::array();
    for (const collector::RegisterDevice& device : devices) array.push_back(to_json(device.info));
    return {"/api/v1/devices", array.dump()};
}

Result<TicketPage> parse_ticket_page(std::string_view json) {
    const Json page = Json::parse(json, nullptr, false);
    const auto items = page.is_object() ? page.find("items") : page.end();
    if (!page.is_object() || items == page.end() || !items->is_array()) {
        return fail(Errc::invalid, "the list of tickets has no array `items`");
    }
    TicketPage result;
    take(page, "next_cursor", result.next_cursor);
    for (const Json& item : *items) {
        Result<Ticket> ticket = parse_ticket(item);
        if (!ticket) return fail(ticket.error());
        result.items.push_back(std::move(*ticket));
    }
    return result;
}

Result<Ticket> parse_ticket_detail(std::string_view json) {
    const Json detail = Json::parse(json, nullptr, false);
    if (!detail.is_object() || !detail.contains("ticket")) {
        return fail(Errc::invalid, "the reply has no member `ticket`");
    }
    return parse_ticket(detail["ticket"]);
}

}  // namespace aftercare::sim
