// One run from scenario to figures: builds the parts of a world, lets it live, asks the oracle and
// the ledger. `run_fleet` simulates, `replay_trace` (replay.hpp) feeds recorded devices through the
// same.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collector/core/detect/rule.hpp"
#include "collector/core/learn/score.hpp"
#include "collector/core/model/catalogue.hpp"
#include "common/result.hpp"
#include "firmware_sim/model/scenario.hpp"
#include "firmware_sim/world/world.hpp"

namespace aftercare::sim {

struct RunOptions {
    std::string database_path;           ///< empty: a temporary one, removed afterwards
    std::string rules_name, rules_text;  ///< kept in the database beside what it explains
    StoreFactory open_store = open_sqlite;
    World::Progress progress;
    std::string trace_folder;  ///< empty: none; else the fleet is written there too
};

struct CheckedExpectation {
    Expectation bound;
    std::optional<double> value;  ///< nothing: undefined in this run, which no bound allows
    bool held = false;
};

/// Everything a run is judged by; serialised by summary.hpp.
struct RunSummary {
    std::string name;
    std::uint64_t seed = 0;
    std::uint32_t devices = 0;
    double days = 0;
    WallTime ended_at{};  ///< of the scenario, before the drain
    std::uint64_t trace_hash = 0, database_hash = 0;
    Oracle::Verdict verdict;
    FaultCounters faults;
    CollectorHost::Counters collector;
    collector::Totals totals;
    std::vector<std::string> command_refusals;
    collector::Score prediction;
    milliseconds horizon{};             ///< of the score; zero: each ticket's own
    std::uint64_t rules_shelved = 0;    ///< at the end
    std::uint64_t trials_decided = 0;   ///< predictions of rules without tickets
    std::optional<double> trials_true;  ///< share of those decided as the truth ledger has it
    std::uint64_t reactive_tickets = 0;
    std::uint64_t prevented_failures = 0;
    std::uint64_t input_errors = 0;  ///< replay: CSV rows left out
    std::map<std::string, double> kpis;
    std::vector<CheckedExpectation> expect;
    double core_seconds = 0;
    /// Every expectation held and no invariant was violated.
    [[nodiscard]] bool passed() const;
};

/// A figure by the name that `[expect]` uses; nothing when undefined or unknown.
std::optional<double> figure(const RunSummary& summary, const std::string& name);

/// Errors: invalid (catalogue, rules or options that do not fit), those of the store.
Result<RunSummary> run_fleet(const Scenario& scenario, const collector::Catalogue& catalogue,
                             const collector::RulePack& rules, const RunOptions& options);

}  // namespace aftercare::sim
