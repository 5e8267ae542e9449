#include "collector/io/text/rule_report_json.hpp"

#include <nlohmann/json.hpp>

namespace aftercare::collector {
namespace {

Json json_of(const RuleFigures& figures) {
    Json json;
    json["tickets"] = figures.tickets;
    json["trials"] = figures.trials;
    json["decided"] = figures.decided.decided();
    json["right"] = figures.decided.right;
    json["precision"] = or_null(figures.precision());
    json["precision_interval"] = json_of(figures.precision_interval());
    json["failures"] = figures.failures;
    json["foreseen"] = figures.foreseen;
    json["recall_share"] = or_null(figures.recall_share());
    json["recall_interval"] = json_of(figures.recall_interval());
    json["median_lead_h"] = or_null(figures.median_lead_h());
    json["looked_at"] = figures.looked_at;
    json["no_fault_found"] = figures.no_fault_found;
    json["no_fault_found_rate"] = or_null(figures.no_fault_found_rate());
    json["prevented"] = figures.prevented;
    json["cost_saved"] = or_null(figures.cost_saved);
    return json;
}

Json json_of(const RuleLine& line) {
    Json json;
    json["id"] = line.id;
    json["version"] = line.version;
    json["in_force"] = line.in_force;
    json["title"] = line.title;
    json["component"] = line.component;
    json["failure_mode"] = line.failure_mode;
    json["mode"] = to_string(line.mode);
    json["standing"] = line.standing ? json_of(*line.standing) : Json();
    const WallTime from = line.covers.from;
    json["from"] = from == WallTime::min() ? Json() : collector::json_of(from);
    json["to"] = line.covers.to ? collector::json_of(*line.covers.to) : Json();
    json["pack_probability"] = line.pack_probability;
    json["precision_floor"] = line.precision_floor;
    json["decided_min"] = line.decided_min;
    json["total"] = json_of(line.total);
    json["cuts"] = Json::array();
    for (const RuleCut& cut : line.cuts) {
        Json item{{"model", cut.model}, {"firmware", cut.firmware}};
        item["probability"] = cut.probability;
        item.update(json_of(cut.figures));
        json["cuts"].push_back(std::move(item));
    }
    return json;
}

Json json_of(const std::optional<Reliability>& table) {
    if (!table) return {};
    Json json;
    json["count"] = table->count;
    json["brier"] = table->brier;
    json["calibration_error"] = table->calibration_error;
    json["murphy"] = {{"reliability", table->reliability},
                      {"resolution", table->resolution},
                      {"uncertainty", table->uncertainty},
                      {"within_bins", table->within}};
    json["bins"] = Json::array();
    for (const ReliabilityBin& bin : table->bins) {
        Json item{{"count", bin.count}, {"right", bin.right}};
        item["mean_probability"] = bin.count == 0 ? Json() : Json(bin.mean_probability);
        item["right_interval"] = json_of(ratio_interval(bin.right, bin.count));
        json["bins"].push_back(std::move(item));
    }
    return json;
}

}  // namespace

Json json_of(const RuleStanding& standing) {
    Json json;
    json["rule_id"] = standing.rule_id;
    json["version"] = standing.version;
    json["no"] = standing.no;
    json["mode"] = to_string(standing.mode);
    json["at"] = json_of(standing.at);
    json["who"] = standing.who;
    json["why"] = standing.why;
    json["right"] = standing.right_count;
    json["wrong"] = standing.wrong_count;
    return json;
}

Json json_of(const RuleReport& report, const std::optional<Costs>& costs) {
    Json json;
    json["currency"] = costs ? Json(costs->currency) : Json();
    json["changes"] = Json::array();
    for (const RuleStanding& change : report.changes) json["changes"].push_back(json_of(change));
    json["rules"] = Json::array();
    for (const RuleLine& line : report.rules) json["rules"].push_back(json_of(line));
    json["reliability"] = {{"tickets", json_of(report.tickets)},
                           {"trials", json_of(report.trials)}};
    return json;
}

}  // namespace aftercare::collector
