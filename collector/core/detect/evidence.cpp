#include "collector/core/detect/evidence.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "collector/core/detect/facts.hpp"
#include "collector/core/detect/json_text.hpp"
#include "collector/core/detect/plot.hpp"
#include "common/time_text.hpp"

namespace aftercare::collector {
namespace {

std::string points_json(const std::vector<Point>& points) {
    std::string text = "[";
    for (const Point& point :
         std::span(points).first(std::min(points.size(), kEvidencePointsMax))) {
        if (text.size() > 1) text += ',';
        text += "[" + std::to_string(unix_ms(point.at)) + "," +
                number(static_cast<double>(point.value)) + "]";
    }
    return text + "]";
}

/// A leaf that is true at the moment asked for.
struct Witness {
    std::size_t leaf;
    const Interval* interval;
};

std::vector<Witness> witnesses_of(const RuleState& state, WallTime at) {
    std::vector<Witness> found;
    for (std::size_t i = 0; i < state.leaves.size(); ++i) {
        const Intervals& intervals = state.leaves[i].intervals;
        const auto hit = std::find_if(intervals.begin(), intervals.end(),
                                      [&](const Interval& item) { return item.contains(at); });
        if (hit != intervals.end()) found.push_back({i, &*hit});
    }
    return found;
}

/// The metric furthest out, else the first that has something to show.
const Witness* shown_of(const CompiledRule& rule, const RuleState& state,
                        const std::vector<Witness>& witnesses) {
    const auto metric = [&](const Witness& witness) {
        const CompiledLeaf& leaf = rule.leaves[witness.leaf];
        return leaf.lane == Lane::bulk && leaf.predicate->kind != PredicateKind::life;
    };
    const Witness* shown = nullptr;
    for (const Witness& witness : witnesses) {
        if (!metric(witness)) continue;
        const bool further =
            !shown || std::abs(witness.interval->deviation) > std::abs(shown->interval->deviation);
        if (further) shown = &witness;
    }
    if (shown) return shown;
    const auto drawable =
        std::find_if(witnesses.begin(), witnesses.end(), [&](const Witness& witness) {
            const LeafState& leaf = state.leaves[witness.leaf];
            const Plot plot = plot_of(rule.leaves[witness.leaf], leaf, *witness.interval);
            return plot.points.size() > 1 && plot.points.front().at < plot.points.back().at;
        });
    return drawable == witnesses.end() ? nullptr : &*drawable;
}

void add_plot(const CompiledLeaf& leaf, const LeafState& state, const Interval& interval,
              JsonObject& json) {
    const Plot plot = plot_of(leaf, state, interval);
    json.raw("points", points_json(plot.points));
    json.text("metric", plot.metric).text("unit", plot.unit);
    if (plot.baseline) json.real("baseline", *plot.baseline).text("line", plot.line);
    const auto deviation = static_cast<double>(interval.deviation);
    switch (leaf.predicate->kind) {
        case PredicateKind::threshold:
        case PredicateKind::drift:
        case PredicateKind::cusum:
            json.real("deviation", deviation);
            return;
        case PredicateKind::cohort:
            json.real("percentile",
                      leaf.predicate->side == Side::below ? 100 - deviation : deviation);
            return;
        default:
            return;
    }
}

}  // namespace

std::string evidence_json(const CompiledRule& rule, const RuleState& state, WallTime at) {
    std::string sentence;
    std::string facts;
    const auto tell = [&](const Fact& fact) {
        sentence += (sentence.empty() ? "" : "; ") + fact.sentence;
        facts += (facts.empty() ? "" : ",") + fact.json;
    };
    std::vector<Witness> witnesses = witnesses_of(state, at);
    std::erase_if(witnesses, [&](const Witness& item) { return rule.leaves[item.leaf].negated; });
    for (const Witness& witness : witnesses) {
        tell(fact_of(*rule.rule, rule.leaves[witness.leaf], *witness.interval));
    }
    for (std::size_t i = 0; i < rule.leaves.size(); ++i) {
        const Intervals& intervals = state.leaves[i].intervals;
        const bool absent = rule.leaves[i].negated &&
                            std::none_of(intervals.begin(), intervals.end(),
                                         [&](const Interval& item) { return item.contains(at); });
        if (absent) tell(absence_of(rule.leaves[i]));
    }
    JsonObject json;
    json.text("sentence", sentence + ".");
    json.text("rule", rule_name(*rule.rule));
    json.text("at", format_rfc3339(at)).raw("facts", "[" + facts + "]");
    const Witness* shown = shown_of(rule, state, witnesses);
    if (!shown) return json.raw("points", "[]").done();
    add_plot(rule.leaves[shown->leaf], state.leaves[shown->leaf], *shown->interval, json);
    return json.done();
}

}  // namespace aftercare::collector
