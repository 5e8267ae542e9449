// Rows of trials and of the rules' standings, and the counts that a start takes from trials and
// tickets. Private to collector/io/sqlite.
#pragma once

#include <SQLiteCpp/Database.h>

#include <string_view>
#include <vector>

#include "collector/core/engine.hpp"
#include "collector/io/sqlite/rows.hpp"

namespace aftercare::collector::sqlite {

inline constexpr std::string_view kTrialColumns =
    "trial_id, tenant, device_no, device_id, model, firmware, component, failure_mode, rule, "
    "probability, horizon_h, at, opened_at, ended_at, state, outcome_id, attached";
inline constexpr std::string_view kStandingColumns =
    "rule_id, no, version, mode, at, who, why, right_count, wrong_count";

void bind(Binder& binder, const Trial& trial);
void bind(Binder& binder, const RuleStanding& standing);
Trial read_trial(Row& row);
/// Columns as kStandingColumns.
RuleStanding read_standing(Row& row);

std::vector<Trial> read_trials(SQLite::Database& database);
/// Running ones, and those that ended since.
std::vector<Trial> read_young_trials(SQLite::Database& database, WallTime since);
enum class StandingRows : std::uint8_t { all, last_ones };
std::vector<RuleStanding> read_standings(SQLite::Database& database, StandingRows which);
/// Decided tickets and trials by rule and model. Cost: one pass over two indexes that hold the
/// decided ones only.
std::vector<RuleTally> read_tallies(SQLite::Database& database);

}  // namespace aftercare::collector::sqlite
