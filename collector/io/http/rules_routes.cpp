// The record of the rules, and reading them again.
#include <nlohmann/json.hpp>

#include "collector/io/http/problem.hpp"
#include "collector/io/http/routes.hpp"
#include "collector/io/text/rule_report_json.hpp"

namespace aftercare::collector {

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
    const auto kept = call.rules.in_force();
    if (!kept) return problem(kept.error());
    auto kpi = call.queries.kpi_rows();
    if (!kpi) return problem(kpi.error());
    auto rules = call.queries.rule_rows();
    if (!rules) return problem(rules.error());
    std::erase_if(rules->trials,
                  [&](const Trial& trial) { return trial.tenant != call.principal.tenant; });
    RuleReport report =
        rule_report(kept->pack, visible_rows(call.principal, std::move(*kpi)), rules->trials,
                    rules->standings, call.rules.costs, kept->spans, since);
    if (!owns_rules(call)) {
        for (RuleStanding& change : report.changes) hide_people(change);
        for (RuleLine& line : report.rules) {
            if (line.standing) hide_people(*line.standing);
        }
    }
    return json_response(200, compact_text(json_of(report, call.rules.costs)));
}

void reload_rules(const Call& call, Reply reply) {
    if (auto refusal = rules_refusal(call)) return reply(std::move(*refusal));
    call.rules.reload("api:" + call.principal.name, [reply](Result<RulesReloaded> reloaded) {
        if (!reloaded) return reply(problem(reloaded.error()));
        const RulesChange& change = reloaded->change;
        Json json;
        json["packs"] = Json::array();
        for (const RulesReloaded::Pack& pack : reloaded->packs) {
            json["packs"].push_back(
                {{"file", pack.file}, {"id", pack.id}, {"version", pack.version}});
        }
        json["added"] = change.added;
        json["restarted"] = change.restarted;
        json["altered"] = change.altered;
        json["removed"] = change.removed;
        json["unchanged_count"] = change.kept - change.altered.size();
        reply(json_response(200, compact_text(json)));
    });
}

}  // namespace aftercare::collector
