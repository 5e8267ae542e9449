#include "collector/io/text/json_parse.hpp"

#include <nlohmann/json.hpp>
#include <set>

#include "collector/io/text/members.hpp"
#include "common/json_depth.hpp"
#include "common/topic.hpp"

namespace aftercare::collector {
namespace {

constexpr int kJsonDepthMax = 32;
constexpr std::uint32_t kVisitsMax = 1000;
constexpr double kLabourMinMax = 100'000;
constexpr std::size_t kPartsMax = 100;

std::string tenant_of(MemberReader& members, std::string_view default_tenant) {
    std::string tenant = members.text("tenant");
    if (tenant.empty()) tenant = default_tenant;
    if (!valid_id(tenant)) members.refuse("member \"tenant\": expected a tenant id");
    return tenant;
}

Channel channel_of(MemberReader& members) {
    return members.choice<Channel>("channel", parse_channel, names_of<Channel>(4), Channel::phone);
}

Result<Part> parse_part(const Json& json) {
    MemberReader members(json);
    Part part;
    part.number = members.required_text("number");
    part.old_serial = members.text("old_serial");
    part.new_serial = members.text("new_serial");
    if (Status status = members.finish(); !status) return fail(status.error());
    return part;
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
    if (text.size() > kJsonBytesMax) {
        return fail(Errc::exhausted, "JSON of " + std::to_string(text.size()) + " bytes: at most " +
                                         std::to_string(kJsonBytesMax) +
                                         " are taken, send several smaller ones");
    }
    if (nests_deeper_than(kJsonDepthMax, text)) {
        return fail(Errc::invalid, "JSON nested deeper than any that is asked for");
    }
    std::vector<std::set<std::string>> open_objects;
    std::string mistake;
    const auto look = [&](int, Json::parse_event_t event, Json& parsed) {
        if (event == Json::parse_event_t::object_start) open_objects.emplace_back();
        if (event == Json::parse_event_t::object_end) open_objects.pop_back();
        if (event == Json::parse_event_t::key) {
            const auto name = parsed.get<std::string>();
            if (!open_objects.back().insert(name).second && mistake.empty()) {
                mistake = "member \"" + name + "\" stands twice in one object";
            }
        }
        return true;
    };
    try {
        Json parsed = Json::parse(text, look);
        if (!mistake.empty()) return fail(Errc::invalid, mistake);
        return parsed;
    } catch (const Json::exception& error) {
        return fail(Errc::invalid, std::string("not JSON: ") + error.what());
    }
}

Result<DeviceInfo> parse_device(const Json& json, std::string_view default_tenant) {
    MemberReader members(json);
    DeviceInfo device;
    device.tenant = tenant_of(members, default_tenant);
    device.device_id = members.required_id("device_id");
    device.model = members.required_text("model");
    device.firmware = members.text("firmware");
    device.serial = members.text("serial");
    device.customer_id = members.text("customer_id");
    device.region = members.text("region");
    device.language = members.text("language");
    device.segment = members.text("segment");
    device.centre = members.text("centre");
    device.installed_at = members.time("installed_at");
    device.warranty_until = members.time("warranty_until");
    members.ignore({"no", "first_seen_at", "last_seen_at", "consent_purposes", "consent_epoch",
                    "presence", "settings"});
    if (Status status = members.finish(); !status) return fail(status.error());
    return device;
}

Result<std::vector<DeviceInfo>> parse_devices(const Json& json, std::string_view default_tenant) {
    std::vector<DeviceInfo> devices;
    if (!json.is_array()) {
        Result<DeviceInfo> device = parse_device(json, default_tenant);
        if (!device) return fail(device.error());
        devices.push_back(std::move(*device));
        return devices;
    }
    if (json.size() > kBatchItemsMax) {
        return fail(Errc::exhausted,
                    "at most " + std::to_string(kBatchItemsMax) + " devices at a time");
    }
    for (std::size_t i = 0; i < json.size(); ++i) {
        Result<DeviceInfo> device = parse_device(json[i], default_tenant);
        if (!device) return fail(device.error().within("item " + std::to_string(i)));
        devices.push_back(std::move(*device));
    }
    return devices;
}

Result<Outcome> parse_outcome(const Json& json, std::string_view default_tenant, WallTime now) {
    MemberReader members(json);
    Outcome outcome;
    outcome.id = members.required_text("id");
    outcome.tenant = tenant_of(members, default_tenant);
    outcome.device_id = members.text("device_id");
    outcome.ticket_id = members.text("ticket_id");
    outcome.at = members.time("at").value_or(now);
    outcome.code = members.choice<OutcomeCode>("code", parse_outcome_code,
                                               names_of<OutcomeCode>(10), std::nullopt);
    outcome.component = members.text("component");
    outcome.failure_mode = members.text("failure_mode");
    outcome.failed_at = members.time("failed_at");
    outcome.visit_count = members.count("visit_count", kVisitsMax, outcome.visit_count);
    outcome.labour_min = members.number("labour_min", 0, kLabourMinMax, 0);
    outcome.avoidable_cause = members.text("avoidable_cause");
    outcome.not_solvable_at_first_contact = members.flag("not_solvable_at_first_contact", false);
    outcome.note = members.text("note");
    outcome.centre = members.text("centre");
    if (const Json* parts = members.array("parts", kPartsMax)) {
        for (const Json& item : *parts) {
            Result<Part> part = parse_part(item);
            if (!part) members.refuse("member \"parts\": " + part.error().message);
            if (part) outcome.parts.push_back(std::move(*part));
        }
    }
    members.ignore({"device_no", "match_score", "match_reason", "review", "candidates"});
    if (outcome.ticket_id.empty() && outcome.device_id.empty()) {
        members.refuse("member \"ticket_id\" or \"device_id\" must say what the outcome is about");
    }
    if (Status status = members.finish(); !status) return fail(status.error());
    return outcome;
}

Result<ContactCommand> parse_contact(const Json& json, std::string_view default_tenant,
                                     WallTime now) {
    MemberReader members(json);
    const auto direction = members.choice<Direction>("direction", parse_direction,
                                                     names_of<Direction>(2), std::nullopt);
    ContactCommand command;
    if (direction == Direction::inbound) {
        InboundContact contact;
        contact.contact_id = members.required_text("contact_id");
        contact.tenant = tenant_of(members, default_tenant);
        contact.device_id = members.required_id("device_id");
        contact.at = members.time("at").value_or(now);
        contact.channel = channel_of(members);
        contact.component = members.text("component");
        contact.failure_mode = members.text("failure_mode");
        contact.failed_at = members.time("failed_at");
        contact.note = members.text("note");
        command = contact;
    } else {
        OutboundContact contact;
        contact.contact_id = members.required_text("contact_id");
        contact.ticket_id = members.required_text("ticket_id");
        contact.at = members.time("at").value_or(now);
        contact.channel = channel_of(members);
        contact.result = members.required_text("result");
        contact.note = members.text("note");
        contact.tenant = tenant_of(members, default_tenant);
        command = contact;
    }
    if (Status status = members.finish(); !status) return fail(status.error());
    return command;
}

Result<AssignOutcome> parse_assignment(const Json& json, std::string_view tenant,
                                       std::string_view outcome_id) {
    MemberReader members(json);
    AssignOutcome assign;
    assign.tenant = tenant;
    assign.outcome_id = outcome_id;
    assign.ticket_id = members.text("ticket_id");
    if (json.is_object() && !json.contains("ticket_id")) {
        members.refuse("member \"ticket_id\": name a ticket, or null for none");
    }
    if (Status status = members.finish(); !status) return fail(status.error());
    return assign;
}

Result<ChangeProblem> parse_decision(const Json& json, std::string_view problem_id,
                                     ProblemState to) {
    MemberReader members(json);
    ChangeProblem change;
    change.problem_id = problem_id;
    change.to = to;
    change.why = members.required_text("reason");
    if (to == ProblemState::resolved) {
        change.code = members.choice<OutcomeCode>("code", parse_outcome_code,
                                                  names_of<OutcomeCode>(10), std::nullopt);
    }
    if (Status status = members.finish(); !status) return fail(status.error());
    return change;
}

Result<ChangeRule> parse_standing(const Json& json, std::string_view rule_id) {
    MemberReader members(json);
    ChangeRule change;
    change.rule_id = rule_id;
    change.to =
        members.choice<RuleMode>("mode", parse_rule_mode, names_of<RuleMode>(3), std::nullopt);
    change.why = members.required_text("reason");
    if (Status status = members.finish(); !status) return fail(status.error());
    return change;
}

}  // namespace aftercare::collector
