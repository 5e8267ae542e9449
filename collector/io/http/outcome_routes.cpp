// Outcomes as they were reported, and the list of those that a person has to place.
#include <nlohmann/json.hpp>

#include "collector/io/http/problem.hpp"
#include "collector/io/http/routes.hpp"
#include "collector/io/http/write_call.hpp"
#include "collector/io/text/json.hpp"

namespace aftercare::collector {
namespace {

/// Errors: not_found, also when it is none of the caller's business.
Result<Outcome> visible_outcome(const Call& call) {
    const Principal& principal = call.principal;
    auto outcome = call.queries.outcome(principal.tenant, call.id());
    if (!outcome && outcome.error().code != Errc::not_found) return outcome;
    const bool foreign_centre =
        outcome && principal.role == Role::centre && outcome->centre != principal.centre;
    if (!outcome || foreign_centre) {
        return fail(Errc::not_found, "no outcome \"" + call.id() + "\"");
    }
    return outcome;
}

}  // namespace

Response list_outcomes(const Call& call) {
    QueryReader query(call.target);
    OutcomeFilter filter;
    filter.tenant = call.principal.tenant;
    filter.review = query.text("review");
    filter.device_id = query.text("device_id");
    read_paging(query, filter);
    if (const auto& mistake = query.finish()) return parameter_problem(*mistake);
    if (call.principal.role == Role::centre) filter.centre = call.principal.centre;
    const auto page = call.queries.outcomes(filter);
    return page ? json_response(200, compact_text(json_of(*page))) : list_problem(page.error());
}

void assign_outcome(const Call& call, Reply reply) {
    const auto json = body_of(call, reply);
    if (!json) return;
    auto assign = parse_assignment(*json, call.principal.tenant, call.id());
    if (!assign) return reply(body_problem(assign.error()));
    if (const auto outcome = visible_outcome(call); !outcome) {
        return reply(problem(outcome.error()));
    }
    if (!assign->ticket_id.empty()) {
        const auto detail = visible_ticket(call, assign->ticket_id);
        if (!detail) return reply(problem(detail.error(), "ticket_id"));
    }
    assign->who = actor(call.principal);
    submit_one(call, std::move(*assign), false, std::move(reply));
}

}  // namespace aftercare::collector
