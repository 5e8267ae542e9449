#include "collector/io/text/desk_parse.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "collector/io/text/json_parse.hpp"
#include "collector/io/text/members.hpp"
#include "common/topic.hpp"

namespace aftercare::collector {
namespace {

constexpr std::size_t kAssigneeBytesMax = 128;

Command change_of(MemberReader& members, const DeskActionContext& context) {
    ChangeTicket change;
    change.ticket_id = context.ticket_id;
    change.to = members.choice<TicketState>("to", parse_ticket_state, names_of<TicketState>(11),
                                            std::nullopt);
    change.at = members.time("at").value_or(context.now);
    change.why = members.text("why");
    change.who = context.who;
    change.expected_version = context.version;
    change.scope = context.scope;
    return change;
}

using Action = decltype(WorkOnTicket::action);

Action assignment(MemberReader& members) {
    if (!members.has("assignee")) {
        members.refuse("member \"assignee\" is missing; \"\" takes it from whoever had it");
    }
    return Assign{members.text("assignee", kAssigneeBytesMax)};
}
Action escalation(MemberReader& members) {
    if (!members.has("level")) members.refuse("member \"level\" is missing");
    return Escalate{members.count("level", kEscalationLevelMax, 0)};
}
Action rerouting(MemberReader& members) {
    Reroute reroute{members.text("centre")};
    if (!reroute.centre.empty() && !valid_id(reroute.centre)) {
        members.refuse("member \"centre\": expected 1 to 64 of the characters A-Z a-z 0-9 _ -");
    }
    return reroute;
}
Action merging(MemberReader& members) {
    return MergeInto{members.required_text("into")};
}

struct Kind {
    std::string_view name;
    Action (*read)(MemberReader&);
};
constexpr std::array kKinds{Kind{"assign", assignment}, Kind{"escalate", escalation},
                            Kind{"route", rerouting}, Kind{"merge", merging}};
constexpr std::string_view kActions = "transition, assign, escalate, comment, route, merge";

/// Nothing: there is no such action.
std::optional<Command> command_of(MemberReader& members, const DeskActionContext& context) {
    if (context.action == "transition") return change_of(members, context);
    WorkOnTicket work{.ticket_id = context.ticket_id,
                      .who = context.who,
                      .expected_version = context.version,
                      .scope = context.scope};
    if (context.action == "comment") {
        work.action = AddComment{};
        work.why = members.required_text("text");
        return work;
    }
    for (const Kind& kind : kKinds) {
        if (kind.name != context.action) continue;
        work.action = kind.read(members);
        work.why = members.text("why");
        return work;
    }
    return std::nullopt;
}

Result<Command> read(MemberReader& members, const DeskActionContext& context) {
    auto command = command_of(members, context);
    if (!command) {
        members.refuse("member \"action\": \"" + context.action + "\" is unknown; allowed are " +
                       std::string(kActions));
    }
    if (Status status = members.finish(); !status) return fail(status.error());
    return std::move(*command);
}

Status check_count(std::size_t count) {
    if (count <= kDeskBulkMax) return {};
    return fail(Errc::exhausted, "at most " + std::to_string(kDeskBulkMax) + " tickets at a time");
}

/// The same for each of `ids`.
Result<DeskBulk> alike(const Json& json, const Json& ids, DeskActionContext context) {
    if (Status count = check_count(ids.size()); !count) return fail(count.error());
    MemberReader members(json);
    context.action = members.required_text("action");
    members.ignore({"ids"});
    auto command = read(members, context);
    if (!command) return fail(command.error());
    DeskBulk bulk;
    for (const Json& id : ids) {
        if (!id.is_string()) return fail(Errc::invalid, "member \"ids\": expected ticket ids");
        bulk.ids.push_back(id.get<std::string>());
        if (auto* change = std::get_if<ChangeTicket>(&*command)) {
            change->ticket_id = bulk.ids.back();
        } else {
            std::get<WorkOnTicket>(*command).ticket_id = bulk.ids.back();
        }
        bulk.commands.push_back(*command);
    }
    return bulk;
}

Result<DeskBulk> one_by_one(const Json& json, DeskActionContext context) {
    MemberReader head(json);
    const Json* items = head.array("items", json.size() + json["items"].size());
    if (Status status = head.finish(); !status) return fail(status.error());
    if (Status count = check_count(items->size()); !count) return fail(count.error());
    DeskBulk bulk;
    for (std::size_t i = 0; i < items->size(); ++i) {
        MemberReader members((*items)[i]);
        context.ticket_id = members.required_text("id");
        context.action = members.required_text("action");
        context.version.reset();
        if (members.has("version")) context.version = members.count("version", 0xFFFF'FFFF, 0);
        auto command = read(members, context);
        if (!command) return fail(command.error().within("item " + std::to_string(i)));
        bulk.ids.push_back(context.ticket_id);
        bulk.commands.push_back(std::move(*command));
    }
    return bulk;
}

}  // namespace

Result<Command> parse_desk_action(const Json& json, const DeskActionContext& context) {
    MemberReader members(json);
    return read(members, context);
}

Result<DeskBulk> parse_desk_bulk(const Json& json, const DeskActionContext& context) {
    if (json.is_object() && json.contains("items") && json["items"].is_array()) {
        return one_by_one(json, context);
    }
    if (json.is_object() && json.contains("ids") && json["ids"].is_array()) {
        return alike(json, json["ids"], context);
    }
    return fail(Errc::invalid,
                "either member \"ids\" is an array of ticket ids or \"items\" one of actions");
}

}  // namespace aftercare::collector
