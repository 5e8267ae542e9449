// Failures that no code announces: a drift or a level of one metric by itself, where a component
// has no trigger, or beside its rule where that misses failures. The same evidence decides as for
// triggers, less the logarithm of the number of drifts and levels looked at.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "collector/core/learn/fit/filter.hpp"
#include "collector/core/learn/fit/trigger.hpp"

namespace aftercare::collector {

/// A component and what is known about it so far.
struct Uncovered {
    std::uint32_t component = 0;
    Episodes rule;           ///< when its rule is true; no lists: it has none
    milliseconds horizon{};  ///< of its rule
    double evidence_of_rule = 0;
};

struct ReadingAlone {
    Predicate when;  ///< `drift` or `threshold`
    milliseconds horizon{};
    TrialTally tally;  ///< of it and the rule together
    double score = 0;  ///< evidence less the price of the search, in nats
};

/// When a trigger with its filter is true.
Episodes rule_episodes(const Fleet& fleet, const TriggerOf& trigger, const DriftFilter& filter);

/// The best for each component, in their order: alone it must score above zero, beside a rule
/// by kNatsAlike more than the rule. Horizons: those to be tried where there is no rule.
std::vector<std::optional<ReadingAlone>> find_readings_alone(
    const Fleet& fleet, std::span<const Uncovered> components,
    std::span<const milliseconds> horizons);

}  // namespace aftercare::collector
