// What a route is given, and the routes. Private to collector/io/http.
//
// Rights, the same everywhere: a maker sees and changes its tenant, an auditor sees its tenant, a
// centre sees and changes what is assigned to it. What one may not see does not exist (404).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "collector/core/kpi/rows.hpp"
#include "collector/core/model/catalogue.hpp"
#include "collector/core/sla/policy.hpp"
#include "collector/io/http/centre_loads.hpp"
#include "collector/io/http/command_queue.hpp"
#include "collector/io/http/event_stream.hpp"
#include "collector/io/http/message.hpp"
#include "collector/io/http/rule_knowledge.hpp"
#include "collector/io/http/target.hpp"
#include "collector/ports/queries.hpp"
#include "collector/ports/tokens.hpp"

namespace aftercare::collector {

/// Under which name an answer is kept, when the request gave an Idempotency-Key.
struct KeptName {
    std::string key;
    std::string fingerprint;
};

struct Call {
    const Request& request;
    const Target& target;
    const Principal& principal;
    const std::string& token_sha256;
    Queries& queries;
    CommandQueue& commands;
    const Catalogue& catalogue;
    const SlaSettings& sla;
    WallTime now;
    const RuleKnowledge& rules;
    EventHub& events;
    CentreLoads& loads;
    std::optional<KeptName> kept{};

    /// The path segment where the route's pattern has {}.
    [[nodiscard]] const std::string& id() const { return target.segments[3]; }
};

Response list_devices(const Call& call);
Response show_device(const Call& call);
Response show_telemetry(const Call& call);
Response list_tickets(const Call& call);
Response show_ticket(const Call& call);
Response show_kpis(const Call& call);
Response show_kpi_rows(const Call& call);
Response list_quarantine(const Call& call);
Response list_outcomes(const Call& call);
Response list_problems(const Call& call);
Response show_problem(const Call& call);
Response show_rule_report(const Call& call);
Response show_events(const Call& call);
Response list_centres(const Call& call);
Response show_me(const Call& call);

void register_devices(const Call& call, Reply reply);
/// The action is the last segment: transition, assign, escalate, comment, route, merge.
void work_on_ticket(const Call& call, Reply reply);
void work_on_tickets(const Call& call, Reply reply);
void record_contact(const Call& call, Reply reply);
void record_outcome(const Call& call, Reply reply);
void retry_quarantine(const Call& call, Reply reply);
void change_rule(const Call& call, Reply reply);
void reload_rules(const Call& call, Reply reply);
void assign_outcome(const Call& call, Reply reply);
void release_problem(const Call& call, Reply reply);
void roll_up_problem(const Call& call, Reply reply);
void resolve_problem(const Call& call, Reply reply);

// Shared by the routes.

/// What the engine's replies are to the caller.
using Answer = std::function<Response(const std::vector<Result<CommandReply>>&)>;
/// Hands commands to the engine, as one transaction, and replies with `answer` once it is stored;
/// with an Idempotency-Key the answer is stored with it. Every route that changes something goes
/// through here. Pre: there are commands.
void submit(const Call& call, std::vector<Command> commands, Answer answer, Reply reply);

Response json_response(unsigned status, std::string body);
bool wants_csv(const Request& request);
Response csv_response(std::string body);
/// The parameter at fault becomes `field`.
Response parameter_problem(const QueryReader::Mistake& mistake);
/// The parameters of every list, `limit` and `cursor`.
template <class Filter>
void read_paging(QueryReader& query, Filter& filter) {
    constexpr std::size_t kPageDefault = 100;
    filter.limit = query.count("limit", 1, kPageMax, kPageDefault);
    filter.cursor = query.text("cursor");
}
/// A wrong cursor or filter value is the caller's mistake in the query.
Response list_problem(const Error& error);
bool may_see(const Principal& principal, const Ticket& ticket);
bool may_see(const Principal& principal, const DeviceInfo& device);
/// Errors: not_found, also when it exists and is none of the caller's business.
Result<TicketDetail> visible_ticket(const Call& call, const std::string& ticket_id);
Result<DeviceInfo> visible_device(const Call& call, const std::string& device_id);
/// Its tenant is the one whose makers change the rules.
bool owns_rules(const Call& call);
/// Names and words of another tenant's people are not for everyone; the engine's are.
void hide_people(RuleStanding& standing);
/// Why the caller may not change the rules; none = it may.
std::optional<Response> rules_refusal(const Call& call);
/// Only the rows a principal may see; what a KPI of that principal is computed from.
KpiRows visible_rows(const Principal& principal, KpiRows rows);
/// W/"7"-free strong tag of a ticket's version: "\"7\"".
std::string ticket_etag(std::uint32_t version);

}  // namespace aftercare::collector
