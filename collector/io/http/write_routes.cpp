#include <charconv>
#include <nlohmann/json.hpp>

#include "collector/io/http/problem.hpp"
#include "collector/io/http/routes.hpp"
#include "collector/io/text/json_parse.hpp"

namespace aftercare::collector {
namespace {

/// Messages of the parsers name the member as: member "device_id": …
std::string field_in(const std::string& message) {
    constexpr std::string_view kMark = "member \"";
    const std::size_t start = message.find(kMark);
    if (start == std::string::npos) return {};
    const std::size_t name = start + kMark.size();
    return message.substr(name, message.find('"', name) - name);
}

Response body_problem(const Error& error) {
    if (error.code == Errc::exhausted) return problem(413, error.message);
    return problem(error, field_in(error.message));
}

/// Errors become the reply; the caller returns.
std::optional<Json> body_of(const Call& call, const Reply& reply) {
    const std::string_view type = call.request.header("content-type");
    if (!type.empty() && type.find("json") == std::string_view::npos) {
        reply(problem(415, "send application/json", "Content-Type"));
        return std::nullopt;
    }
    auto json = parse_json(call.request.body);
    if (!json) {
        reply(problem(400, json.error().message));
        return std::nullopt;
    }
    return std::move(*json);
}

bool foreign(const Call& call, const std::string& tenant) {
    return tenant != call.principal.tenant;
}

Response foreign_problem(const Call& call) {
    return problem(403, "the token is of tenant \"" + call.principal.tenant + "\"", "tenant");
}

unsigned status_of(const CommandReply& reply) {
    return reply.kind == CommandReply::Kind::created ? 201 : 200;
}

/// One command, answered after its commit.
void submit_one(const Call& call, Command command, bool conditional, Reply reply) {
    std::vector<Command> commands;
    commands.push_back(std::move(command));
    const Status submitted = call.commands.submit(
        std::move(commands), [reply, conditional](std::vector<Result<CommandReply>> replies) {
            const Result<CommandReply>& result = replies.front();
            if (result)
                return reply(json_response(status_of(*result), compact_text(json_of(*result))));
            if (conditional && result.error().code == Errc::conflict) {
                return reply(problem(412, result.error().message, "If-Match"));
            }
            reply(problem(result.error(), field_in(result.error().message)));
        });
    if (!submitted) reply(problem(submitted.error()));
}

std::string actor(const Principal& principal) {
    return principal.role == Role::centre ? "desk:" + principal.centre : "api:" + principal.name;
}

/// "\"7\"" → 7, "*" and nothing → no condition.
Result<std::optional<std::uint32_t>> if_match(const Request& request) {
    const std::string_view tag = request.header("if-match");
    if (tag.empty() || tag == "*") return std::optional<std::uint32_t>{};
    std::uint32_t version = 0;
    if (tag.size() >= 3 && tag.front() == '"' && tag.back() == '"') {
        const auto [end, error] =
            std::from_chars(tag.data() + 1, tag.data() + tag.size() - 1, version);
        if (error == std::errc{} && end == tag.data() + tag.size() - 1)
            return std::optional(version);
    }
    return fail(Errc::invalid, "expected the ETag of the ticket, such as \"7\"");
}

}  // namespace

void register_devices(const Call& call, Reply reply) {
    if (call.principal.role != Role::maker) {
        return reply(problem(403, "only a token of role maker registers devices"));
    }
    const auto json = body_of(call, reply);
    if (!json) return;
    auto devices = parse_devices(*json, call.principal.tenant);
    if (!devices) return reply(body_problem(devices.error()));
    std::vector<Command> commands;
    for (DeviceInfo& device : *devices) {
        if (foreign(call, device.tenant)) return reply(foreign_problem(call));
        commands.emplace_back(RegisterDevice{std::move(device)});
    }
    if (commands.empty()) return reply(json_response(200, R"({"items":[]})"));
    if (!json->is_array()) return submit_one(call, std::move(commands.front()), false, reply);
    const Status submitted = call.commands.submit(
        std::move(commands), [reply](std::vector<Result<CommandReply>> replies) {
            Json items = Json::array();
            for (const auto& result : replies) {
                items.push_back(result ? json_of(*result) : problem_json(result.error(), 422));
            }
            reply(json_response(200, compact_text(Json{{"items", std::move(items)}})));
        });
    if (!submitted) reply(problem(submitted.error()));
}

void change_ticket(const Call& call, Reply reply) {
    const auto json = body_of(call, reply);
    if (!json) return;
    auto change = parse_transition(*json, call.id(), call.now);
    if (!change) return reply(body_problem(change.error()));
    const auto version = if_match(call.request);
    if (!version) return reply(problem(400, version.error().message, "If-Match"));
    if (const auto detail = visible_ticket(call, call.id()); !detail) {
        return reply(problem(detail.error()));
    }
    change->who = actor(call.principal);
    change->expected_version = *version;
    submit_one(call, std::move(*change), version->has_value(), std::move(reply));
}

void change_rule(const Call& call, Reply reply) {
    if (auto refusal = rules_refusal(call)) return reply(std::move(*refusal));
    const auto json = body_of(call, reply);
    if (!json) return;
    auto change = parse_standing(*json, call.id());
    if (!change) return reply(body_problem(change.error()));
    change->who = actor(call.principal);
    submit_one(call, std::move(*change), false, std::move(reply));
}

void record_contact(const Call& call, Reply reply) {
    const auto json = body_of(call, reply);
    if (!json) return;
    auto contact = parse_contact(*json, call.principal.tenant, call.now);
    if (!contact) return reply(body_problem(contact.error()));
    if (auto* inbound = std::get_if<InboundContact>(&*contact)) {
        if (foreign(call, inbound->tenant)) return reply(foreign_problem(call));
        if (const auto device = visible_device(call, inbound->device_id); !device) {
            return reply(problem(device.error(), "device_id"));
        }
        return submit_one(call, std::move(*inbound), false, std::move(reply));
    }
    auto& outbound = std::get<OutboundContact>(*contact);
    if (foreign(call, outbound.tenant)) return reply(foreign_problem(call));
    if (const auto detail = visible_ticket(call, outbound.ticket_id); !detail) {
        return reply(problem(detail.error(), "ticket_id"));
    }
    submit_one(call, std::move(outbound), false, std::move(reply));
}

void record_outcome(const Call& call, Reply reply) {
    const auto json = body_of(call, reply);
    if (!json) return;
    auto outcome = parse_outcome(*json, call.principal.tenant, call.now);
    if (!outcome) return reply(body_problem(outcome.error()));
    if (foreign(call, outcome->tenant)) return reply(foreign_problem(call));
    if (!outcome->ticket_id.empty()) {
        const auto detail = visible_ticket(call, outcome->ticket_id);
        if (!detail) return reply(problem(detail.error(), "ticket_id"));
    }
    if (!outcome->device_id.empty()) {
        if (const auto device = visible_device(call, outcome->device_id); !device) {
            return reply(problem(device.error(), "device_id"));
        }
    }
    if (call.principal.role == Role::centre) {
        if (!outcome->centre.empty() && outcome->centre != call.principal.centre) {
            return reply(problem(403, "a centre reports its own outcomes only", "centre"));
        }
        outcome->centre = call.principal.centre;
    }
    submit_one(call, SubmitOutcome{std::move(*outcome), call.principal.centre}, false,
               std::move(reply));
}

}  // namespace aftercare::collector
