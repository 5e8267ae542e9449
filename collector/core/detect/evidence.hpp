// Why a rule fired, for a technician: one sentence, the facts behind it and a small plot, as one
// JSON object
//
//   {"sentence": "…", "rule": "id@version", "at": "RFC 3339", "facts": [{…}, …],
//    "points": [[unix ms, value], …], "metric": "…", "unit": "…", "baseline": b, "line": "…",
//    "deviation": d}
//
// `points` (at most 24, oldest first), `metric`, `unit`, `baseline` with `line` (what that level
// is) and `deviation` or `percentile` belong to the metric that is furthest out; without one, to
// the first predicate that has something to draw (plot.hpp); else `points` is empty and the others
// are missing. Kinds of facts: "fault_count" {code, count, window}, "fault_sequence" {first, code,
// count, window}, "threshold" {metric, unit, statistic, value, limit, duration}, "drift" {metric,
// unit, value, baseline, deviation, window}, "cusum" {metric, unit, value, target, sum, limit},
// "cohort" {metric, unit, value, median, percentile, window}, "life" {component, counter, limit,
// unit, within, probability}, "silence" {duration, last}, each with "from", when that predicate
// became true; "not" {of}.
#pragma once

#include <string>

#include "collector/core/detect/compiled.hpp"
#include "collector/core/detect/rule_state.hpp"

namespace aftercare::collector {

inline constexpr std::size_t kEvidencePointsMax = 24;

/// Pre: the root of the rule is true at `at`.
std::string evidence_json(const CompiledRule& rule, const RuleState& state, WallTime at);

}  // namespace aftercare::collector
