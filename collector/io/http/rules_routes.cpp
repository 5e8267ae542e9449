// The record of the rules.
#include <nlohmann/json.hpp>

#include "collector/io/http/problem.hpp"
#include "collector/io/http/routes.hpp"
#include "collector/io/text/rule_report_json.hpp"

namespace aftercare::collector {
namespace {

bool owns_rules(const Call& call) {
    return !call.rules.owner.empty() && call.principal.tenant == call.rules.owner;
}

/// Names and words of another tenant's people are not for everyone.
void hide_people(RuleStanding& standing) {
    if (standing.who == kRuleShelver) return;
    standing.who.clear();
    standing.why.clear();
}

}  // namespace

std::optional<Response> rules_refusal(const Call& call) {
    if (call.principal.role != Role::maker) {
        return problem(403, "only a token of role maker changes what a rule may do");
    }
    if (owns_rules(call)) return std::nullopt;
    return problem(403,
                   "the rules serve every tenant of this collector and are another one's to "
                   "change: [rules] owner names whose");
}

Response show_rule_report(const Call& call) {
    if (call.principal.role == Role::centre) {
        return problem(403, "the record of the rules is for the roles maker and auditor");
    }
    QueryReader query(call.target);
    const WallTime since = query.time("from").value_or(WallTime::min());
    if (const auto& mistake = query.finish()) return parameter_problem(*mistake);
    const auto pack = call.rules.in_force();
    if (!pack) return problem(pack.error());
    auto kpi = call.queries.kpi_rows();
    if (!kpi) return problem(kpi.error());
    auto rules = call.queries.rule_rows();
    if (!rules) return problem(rules.error());
    std::erase_if(rules->trials,
                  [&](const Trial& trial) { return trial.tenant != call.principal.tenant; });
    RuleReport report = rule_report(*pack, visible_rows(call.principal, std::move(*kpi)),
                                    rules->trials, rules->standings, call.rules.costs, since);
    if (!owns_rules(call)) {
        for (RuleStanding& change : report.changes) hide_people(change);
        for (RuleLine& line : report.rules) {
            if (line.standing) hide_people(*line.standing);
        }
    }
    return json_response(200, compact_text(json_of(report, call.rules.costs)));
}

}  // namespace aftercare::collector
