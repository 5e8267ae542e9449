// The record of the rules.
#include <nlohmann/json.hpp>

#include "collector/io/http/problem.hpp"
#include "collector/io/http/routes.hpp"
#include "collector/io/text/rule_report_json.hpp"

namespace aftercare::collector {

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
    const RuleReport report = rule_report(*pack, visible_rows(call.principal, std::move(*kpi)),
                                          rules->trials, rules->standings, call.rules.costs, since);
    return json_response(200, compact_text(json_of(report, call.rules.costs)));
}

}  // namespace aftercare::collector
