// What was refused of a tenant, and the second chance of what is kept of it.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "collector/io/http/problem.hpp"
#include "collector/io/http/routes.hpp"
#include "collector/io/text/json.hpp"

namespace aftercare::collector {
namespace {

Json item_of(const CommandReply& reply) {
    return Json{{"id", reply.id},
                {"stored", reply.kind == CommandReply::Kind::created ? "now" : "before"}};
}

}  // namespace

Response list_quarantine(const Call& call) {
    QueryReader query(call.target);
    if (const auto& mistake = query.finish()) return parameter_problem(*mistake);
    if (call.principal.role == Role::centre) {
        return problem(403, "a centre sees its own tickets only");
    }
    const auto summaries = call.queries.quarantine(call.principal.tenant);
    if (!summaries) return problem(summaries.error());
    Json items = Json::array();
    for (const QuarantineSummary& summary : *summaries) {
        const auto samples = call.queries.quarantine_samples(summary.reason, call.principal.tenant);
        if (!samples) return problem(samples.error());
        Json item{{"reason", std::string(to_string(summary.reason))},
                  {"count", summary.count},
                  {"samples", Json::array()}};
        for (const QuarantineSample& sample : *samples) item["samples"].push_back(json_of(sample));
        items.push_back(std::move(item));
    }
    return json_response(200, compact_text(Json{{"items", std::move(items)}}));
}

void retry_quarantine(const Call& call, Reply reply) {
    if (call.principal.role != Role::maker) {
        return reply(problem(403, "only a token of role maker tries refused messages again"));
    }
    const auto reason = parse_refusal_reason(call.id());
    if (!reason) return reply(problem(404, "no such reason; /api/v1/quarantine lists them"));
    auto samples = call.queries.quarantine_samples(*reason, call.principal.tenant);
    if (!samples) return reply(problem(samples.error()));
    std::reverse(samples->begin(), samples->end());  // as they came: a lane's records in order
    std::vector<Command> commands;
    std::vector<std::uint64_t> ids;
    for (QuarantineSample& sample : *samples) {
        if (!sample.whole()) continue;
        ids.push_back(sample.key.ordinal);
        commands.emplace_back(again(std::move(sample)));
    }
    const std::size_t cut = samples->size() - commands.size();
    const auto answer = [ids, cut](const std::vector<Result<CommandReply>>& replies) {
        Json items = Json::array();
        for (std::size_t i = 0; i < replies.size(); ++i) {
            Json item = replies[i] ? item_of(*replies[i]) : problem_json(replies[i].error(), 422);
            item["id"] = std::to_string(ids[i]);
            items.push_back(std::move(item));
        }
        return json_response(
            200, compact_text(Json{{"items", std::move(items)}, {"kept_in_part", cut}}));
    };
    if (commands.empty()) return reply(answer({}));
    submit(call, std::move(commands), answer, std::move(reply));
}

}  // namespace aftercare::collector
