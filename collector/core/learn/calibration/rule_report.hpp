// The record of each rule: what it foretold, what came of it, what that saved. From rows only, so
// every figure can be recomputed; definitions as in docs/kpi.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collector/core/kpi/rows.hpp"
#include "collector/core/learn/calibration/reliability.hpp"
#include "collector/core/learn/calibration/rule_tally.hpp"
#include "collector/core/model/rule_record.hpp"

namespace aftercare::collector {

/// What a maker pays, in the maker's own currency.
struct Costs {
    double visit = 0;
    double no_fault_found = 0;     ///< a visit for nothing
    double unplanned_failure = 0;  ///< all that a failure costs which nobody foresaw
    std::string currency;
};

/// Undefined (nothing) over an empty population.
struct RuleFigures {
    std::uint64_t tickets = 0, trials = 0;
    DecidedCount decided;
    std::uint64_t no_fault_found = 0;  ///< decided so by an outcome
    std::uint64_t looked_at = 0;       ///< decided by an outcome at all
    std::uint64_t failures = 0;        ///< of the rule's component, confirmed by outcomes …
    std::uint64_t foreseen = 0;        ///< … with this rule's ticket or trial open just before
    std::uint64_t prevented = 0;       ///< confirmed tickets resolved before loss of function
    std::vector<double> leads_h;       ///< failure minus opening, of those foreseen, ascending
    std::optional<double> cost_saved;  ///< prevented × (unplanned failure − visit) − visits for
                                       ///< nothing × their cost; nothing without costs

    [[nodiscard]] std::optional<double> precision() const;
    [[nodiscard]] std::optional<Interval> precision_interval() const;
    [[nodiscard]] std::optional<double> recall_share() const;
    [[nodiscard]] std::optional<Interval> recall_interval() const;
    [[nodiscard]] std::optional<double> no_fault_found_rate() const;
    [[nodiscard]] std::optional<double> median_lead_h() const;
};

/// When a version of a rule was in force: from the first pack that held it to the end of the last.
struct RuleSpan {
    WallTime from{};
    std::optional<WallTime> to;  ///< nothing: still
};
using RuleSpans = std::map<std::string, RuleSpan>;  ///< by "id@version"

/// One version of a rule on one model and firmware.
struct RuleCut {
    std::string model, firmware;
    double probability = 0;  ///< that a ticket opened now would carry; of the model
    RuleFigures figures;
};

struct RuleLine {
    std::string id;
    std::uint32_t version = 1;
    bool in_force = false;  ///< in the pack, in this version
    std::string title, component, failure_mode;
    RuleMode mode = RuleMode::live;
    std::optional<RuleStanding> standing;  ///< that made it so; nothing: the pack did
    RuleSpan covers{WallTime::min()};      ///< what its figures are of; min(): all that is kept
    double pack_probability = 0, precision_floor = 0;
    std::uint32_t decided_min = 0;
    RuleFigures total;
    std::vector<RuleCut> cuts;
};

struct RuleReport {
    std::vector<RuleStanding> changes;  ///< newest first
    std::vector<RuleLine> rules;        ///< those in force in the pack's order, then older versions
    std::optional<Reliability> tickets;  ///< do the probabilities on tickets come true?
    std::optional<Reliability> trials;
};

/// Predictions opened and failures from `since` on. Rules of `pack` without any row have a line
/// too. Failures count for rules in force only, and none that is older than the rule: its version
/// could not have foreseen it. A rule that `spans` does not know is taken to have been there
/// always. Pre: kpi rows and standings as Queries gives them.
RuleReport rule_report(const RulePack& pack, const KpiRows& rows, const std::vector<Trial>& trials,
                       const std::vector<RuleStanding>& standings,
                       const std::optional<Costs>& costs, const RuleSpans& spans = {},
                       WallTime since = WallTime::min());

}  // namespace aftercare::collector
