// Learns a readable rule pack from what a fleet lived through: per component a trigger (codes that
// come before its failures), and where readings are there a filter (the metric that drifts with
// them); a drift or a level alone where no code announces a failure. See docs/learning.md for the
// method.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collector/core/learn/fit/filter.hpp"
#include "collector/core/learn/fit/reading_alone.hpp"
#include "collector/core/learn/fit/trigger.hpp"

namespace aftercare::collector {

struct FitOptions {
    std::string pack_id = "learned";
    /// Tried in this order, shortest first.
    std::vector<milliseconds> horizons{hours_ms(12),  hours_ms(24),  hours_ms(48), hours_ms(96),
                                       hours_ms(168), hours_ms(336), hours_ms(720)};
    /// A rule whose precision may be lower (10 % bound) begins in shadow.
    double precision_floor = 0.3;
    /// Of a maker's catalogue (families.hpp): the models that rules name, and the failure mode of
    /// each component. Without one, rules are for every model, and modes are named as components.
    bool catalogued = false;
    std::vector<std::string> models;
    std::map<std::string, std::string> failure_modes;
};

/// Below so many failures of a component a rule leans on priors more than on what was seen.
inline constexpr std::size_t kFailuresEnough = 10;

struct FittedRule {
    Rule rule;
    TriggerOf trigger;
    DriftFilter filter;
    std::optional<Predicate> beside;  ///< a drift or level that makes it true by itself
    Share precision, recall;
    std::size_t failures = 0;  ///< of the component, under telemetry
};

struct LeftOut {
    std::string component;
    std::string reason;
};

struct Fit {
    RulePack pack;
    std::vector<FittedRule> rules;  ///< as in the pack
    std::vector<LeftOut> left_out;  ///< components without a rule, and why
};

/// Deterministic. A component that never failed gets no rule.
Fit fit_rules(const Fleet& fleet, const FitOptions& options);

/// What a pack allows: letters, digits, _ - . and at most 64 of them. Any other name keeps its
/// beginning, with _ for what is not allowed, and ends in the CRC-32C of all of it.
std::string rule_id_of(const std::string& name);

}  // namespace aftercare::collector
