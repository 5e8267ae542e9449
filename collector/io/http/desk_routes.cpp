// What a desk does with tickets, one at a time or many at once: all by the same commands.
#include <nlohmann/json.hpp>

#include "collector/io/http/problem.hpp"
#include "collector/io/http/routes.hpp"
#include "collector/io/http/write_call.hpp"
#include "collector/io/text/desk_parse.hpp"

namespace aftercare::collector {

// POST /api/v1/tickets/{id}/{action}
void work_on_ticket(const Call& call, Reply reply) {
    const auto json = body_of(call, reply);
    if (!json) return;
    const auto version = if_match(call.request);
    if (!version) return reply(problem(400, version.error().message, "If-Match"));
    auto command = parse_desk_action(*json, {.ticket_id = call.id(),
                                             .action = call.target.segments[4],
                                             .version = *version,
                                             .who = actor(call.principal),
                                             .scope = scope_of(call.principal),
                                             .now = call.now});
    if (!command) return reply(body_problem(command.error()));
    if (const auto detail = visible_ticket(call, call.id()); !detail) {
        return reply(problem(detail.error()));
    }
    submit_one(call, std::move(*command), version->has_value(), std::move(reply));
}

// POST /api/v1/tickets/bulk. What one may not touch is told apart by the engine, which knows where
// tickets are now.
void work_on_tickets(const Call& call, Reply reply) {
    const auto json = body_of(call, reply);
    if (!json) return;
    auto bulk = parse_desk_bulk(
        *json, {.who = actor(call.principal), .scope = scope_of(call.principal), .now = call.now});
    if (!bulk) return reply(body_problem(bulk.error()));
    if (bulk->commands.empty()) return reply(json_response(200, R"({"items":[]})"));
    const auto answer =
        [ids = std::move(bulk->ids)](const std::vector<Result<CommandReply>>& replies) {
            Json items = Json::array();
            for (std::size_t i = 0; i < replies.size(); ++i) {
                if (replies[i]) {
                    items.push_back(json_of(*replies[i]));
                    continue;
                }
                const Error& error = replies[i].error();
                Json item = problem_json(error, static_cast<int>(problem_status(error.code)));
                item["id"] = ids[i];
                items.push_back(std::move(item));
            }
            return json_response(200, compact_text(Json{{"items", std::move(items)}}));
        };
    submit(call, std::move(bulk->commands), answer, std::move(reply));
}

}  // namespace aftercare::collector
