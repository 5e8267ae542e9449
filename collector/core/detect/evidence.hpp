// Why a rule fired, for a technician: one sentence, the facts behind it and a small plot, as one
// JSON object
//
//   {"sentence": "…", "rule": "id@version", "at": "RFC 3339", "facts": [{…}, …],
//    "points": [[unix ms, value], …], "metric": "…", "unit": "…", "baseline": b, "deviation": d}
//
// `points` (at most 24, oldest first), `metric`, `unit`, `baseline` and `deviation` belong to the
// metric that is furthest out; without one, `points` is empty and the others are missing. Kinds of
// facts: "fault_count" {code, count, window}, "threshold" {metric, unit, statistic, value, limit,
// duration}, "drift" {metric, unit, value, baseline, deviation, window}; each with "from", when
// that predicate became true.
#pragma once

#include <string>

#include "collector/core/detect/compiled.hpp"
#include "collector/core/detect/rule_state.hpp"

namespace aftercare::collector {

inline constexpr std::size_t kEvidencePointsMax = 24;

/// Pre: the root of the rule is true at `at`.
std::string evidence_json(const CompiledRule& rule, const RuleState& state, WallTime at);

}  // namespace aftercare::collector
