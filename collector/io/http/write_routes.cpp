#include <nlohmann/json.hpp>

#include "collector/io/http/problem.hpp"
#include "collector/io/http/routes.hpp"
#include "collector/io/http/write_call.hpp"
#include "collector/io/text/json_parse.hpp"

namespace aftercare::collector {

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
    const auto answer = [](const std::vector<Result<CommandReply>>& replies) {
        Json items = Json::array();
        for (const auto& result : replies) {
            items.push_back(result ? json_of(*result) : problem_json(result.error(), 422));
        }
        return json_response(200, compact_text(Json{{"items", std::move(items)}}));
    };
    submit(call, std::move(commands), answer, std::move(reply));
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
