// Rows of fleet problems, their devices and events. Private to collector/io/sqlite.
#pragma once

#include <SQLiteCpp/Database.h>

#include <string_view>
#include <vector>

#include "collector/core/engine.hpp"
#include "collector/io/sqlite/rows.hpp"

namespace aftercare::collector::sqlite {

inline constexpr std::string_view kProblemColumns =
    "problem_id, tenant, rule_id, model, firmware, component, failure_mode, severity, state, "
    "started_at, guard_ended_at, decided_at, settled_at, who, why, code, fleet_count, start_count, "
    "end_count, ticket_count, device_count, detection_count, version";
inline constexpr std::string_view kProblemDeviceColumns =
    "problem_id, device_no, device_id, attached, rule, probability, horizon_h, evidence_json, "
    "detected_at, attached_at, last_at, detection_count, ticket_id";
inline constexpr std::string_view kProblemEventColumns = "problem_id, no, at, who, kind, why";

void bind(Binder& binder, const Problem& problem);
void bind(Binder& binder, const ProblemDevice& device);
void bind(Binder& binder, const ProblemEvent& event);
Problem read_problem(Row& row);
ProblemDevice read_problem_device(Row& row);
ProblemEvent read_problem_event(Row& row);

/// What an engine goes on with: see Loaded.
void load_problems(SQLite::Database& database, WallTime since, Loaded& loaded);

}  // namespace aftercare::collector::sqlite
