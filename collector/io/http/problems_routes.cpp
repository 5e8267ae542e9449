// Fleet problems: the maker decides, an auditor reads, a centre sees its own tickets only (a ticket
// that was released from a problem names it).
#include <nlohmann/json.hpp>

#include "collector/io/http/problem.hpp"
#include "collector/io/http/routes.hpp"
#include "collector/io/http/write_call.hpp"
#include "collector/io/text/json.hpp"

namespace aftercare::collector {
namespace {

std::optional<Response> refused_to_centre(const Call& call) {
    if (call.principal.role != Role::centre) return std::nullopt;
    return problem(403, "a centre sees its own tickets only");
}

/// Errors: not_found, also when it is another tenant's.
Result<ProblemDetail> visible_problem(const Call& call, ProblemDeviceFilter filter) {
    filter.problem_id = call.id();
    auto detail = call.queries.problem(filter);
    if (!detail && detail.error().code != Errc::not_found) return detail;
    if (!detail || detail->problem.tenant != call.principal.tenant) {
        return fail(Errc::not_found, "no problem \"" + call.id() + "\"");
    }
    return detail;
}

void decide(const Call& call, ProblemState to, Reply reply) {
    if (call.principal.role != Role::maker) {
        return reply(problem(403, "only a token of role maker decides about problems"));
    }
    const auto json = body_of(call, reply);
    if (!json) return;
    auto change = parse_decision(*json, call.id(), to);
    if (!change) return reply(body_problem(change.error()));
    const auto version = if_match(call.request);
    if (!version) return reply(problem(400, version.error().message, "If-Match"));
    if (const auto detail = visible_problem(call, {.limit = 1}); !detail) {
        return reply(problem(detail.error()));
    }
    change->who = actor(call.principal);
    change->expected_version = *version;
    submit_one(call, std::move(*change), version->has_value(), std::move(reply));
}

}  // namespace

Response list_problems(const Call& call) {
    QueryReader query(call.target);
    ProblemFilter filter;
    filter.tenant = call.principal.tenant;
    filter.state = query.text("state");
    filter.rule_id = query.text("rule");
    filter.model = query.text("model");
    read_paging(query, filter);
    if (const auto& mistake = query.finish()) return parameter_problem(*mistake);
    if (auto refused = refused_to_centre(call)) return std::move(*refused);
    const auto page = call.queries.problems(filter);
    return page ? json_response(200, compact_text(json_of(*page))) : list_problem(page.error());
}

Response show_problem(const Call& call) {
    QueryReader query(call.target);
    ProblemDeviceFilter filter;
    read_paging(query, filter);
    if (const auto& mistake = query.finish()) return parameter_problem(*mistake);
    if (auto refused = refused_to_centre(call)) return std::move(*refused);
    const auto detail = visible_problem(call, filter);
    if (!detail) return list_problem(detail.error());
    Response response = json_response(200, compact_text(json_of(*detail)));
    response.headers.emplace_back("ETag", ticket_etag(detail->problem.version));
    return response;
}

void release_problem(const Call& call, Reply reply) {
    decide(call, ProblemState::released, std::move(reply));
}
void roll_up_problem(const Call& call, Reply reply) {
    decide(call, ProblemState::rolled_up, std::move(reply));
}
void resolve_problem(const Call& call, Reply reply) {
    decide(call, ProblemState::resolved, std::move(reply));
}

}  // namespace aftercare::collector
