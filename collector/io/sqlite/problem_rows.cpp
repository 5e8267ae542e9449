#include "collector/io/sqlite/problem_rows.hpp"

namespace aftercare::collector::sqlite {

void bind(Binder& binder, const Problem& p) {
    binder.text(p.id).text(p.tenant).text(p.rule_id).text(p.model).text(p.firmware);
    binder.text(p.component).text(p.failure_mode).text(to_string(p.severity));
    binder.text(to_string(p.state)).time(p.started_at).time(p.guard_ended_at).time(p.decided_at);
    binder.time(p.settled_at).text(p.who).text(p.why);
    p.code ? binder.text(to_string(*p.code)) : binder.null();
    binder.integer(p.fleet_count).integer(p.start_count).integer(p.end_count);
    binder.integer(p.ticket_count).integer(p.device_count).bits(p.detection_count);
    binder.integer(p.version);
}

Problem read_problem(Row& row) {
    Problem p;
    p.id = row.text();
    p.tenant = row.text();
    p.rule_id = row.text();
    p.model = row.text();
    p.firmware = row.text();
    p.component = row.text();
    p.failure_mode = row.text();
    p.severity = row.name(&parse_severity);
    p.state = row.name(&parse_problem_state);
    p.started_at = row.time();
    p.guard_ended_at = row.optional_time();
    p.decided_at = row.optional_time();
    p.settled_at = row.optional_time();
    p.who = row.text();
    p.why = row.text();
    p.code = row.optional_name(&parse_outcome_code);
    p.fleet_count = row.count();
    p.start_count = row.count();
    p.end_count = row.count();
    p.ticket_count = row.count();
    p.device_count = row.count();
    p.detection_count = row.bits();
    p.version = row.count();
    return p;
}

void bind(Binder& binder, const ProblemDevice& d) {
    binder.text(d.problem_id).integer(d.device_no).text(d.device_id).integer(d.attached ? 1 : 0);
    binder.text(d.rule).real(d.probability).real(d.horizon_h).text(d.evidence_json);
    binder.time(d.detected_at).time(d.attached_at).time(d.last_at).integer(d.detection_count);
    binder.text_or_null(d.ticket_id);
}

ProblemDevice read_problem_device(Row& row) {
    ProblemDevice d;
    d.problem_id = row.text();
    d.device_no = row.count();
    d.device_id = row.text();
    d.attached = row.flag();
    d.rule = row.text();
    d.probability = row.real();
    d.horizon_h = row.real();
    d.evidence_json = row.text();
    d.detected_at = row.time();
    d.attached_at = row.time();
    d.last_at = row.time();
    d.detection_count = row.count();
    d.ticket_id = row.text();
    return d;
}

void bind(Binder& binder, const ProblemEvent& e) {
    binder.text(e.problem_id).integer(e.no).time(e.at).text(e.who).text(e.kind).text(e.why);
}

ProblemEvent read_problem_event(Row& row) {
    ProblemEvent e;
    e.problem_id = row.text();
    e.no = row.count();
    e.at = row.time();
    e.who = row.text();
    e.kind = row.text();
    e.why = row.text();
    return e;
}

void load_problems(SQLite::Database& database, WallTime since, Loaded& loaded) {
    constexpr std::string_view kWanted =
        "(state IN ('open', 'rolled_up') OR settled_at IS NULL OR guard_ended_at IS NULL "
        "OR decided_at >= ?)";
    SQLite::Statement problems(database, "SELECT " + std::string(kProblemColumns) +
                                             " FROM problem WHERE " + std::string(kWanted) +
                                             " ORDER BY problem_id");
    Binder(problems).time(since);
    while (problems.executeStep()) {
        Row row(problems);
        loaded.problems.push_back(read_problem(row));
    }
    SQLite::Statement devices(database,
                              "SELECT " + std::string(kProblemDeviceColumns) +
                                  " FROM problem_device WHERE problem_id IN (SELECT problem_id "
                                  "FROM problem WHERE " +
                                  std::string(kWanted) + ") ORDER BY problem_id, device_no");
    Binder(devices).time(since);
    while (devices.executeStep()) {
        Row row(devices);
        loaded.problem_devices.push_back(read_problem_device(row));
    }
}

}  // namespace aftercare::collector::sqlite
