#include "collector/io/sqlite/rule_rows.hpp"

namespace aftercare::collector::sqlite {
namespace {

std::vector<Trial> all_of(SQLite::Statement& select) {
    std::vector<Trial> trials;
    while (select.executeStep()) {
        Row row(select);
        trials.push_back(read_trial(row));
    }
    return trials;
}

std::string select_trials(std::string_view condition) {
    return "SELECT " + std::string(kTrialColumns) + " FROM trial " + std::string(condition) +
           " ORDER BY opened_at, trial_id";
}

}  // namespace

void bind(Binder& binder, const Trial& t) {
    binder.text(t.id).text(t.tenant).integer(t.device_no).text(t.device_id).text(t.model);
    binder.text(t.firmware).text(t.component).text(t.failure_mode).text(t.rule);
    binder.real(t.probability).real(t.horizon_h).time(t.at).time(t.opened_at).time(t.ended_at);
    binder.text(to_string(t.state)).text_or_null(t.outcome_id);
    binder.integer(t.attached ? 1 : 0);
}

Trial read_trial(Row& row) {
    Trial t;
    t.id = row.text();
    t.tenant = row.text();
    t.device_no = row.count();
    t.device_id = row.text();
    t.model = row.text();
    t.firmware = row.text();
    t.component = row.text();
    t.failure_mode = row.text();
    t.rule = row.text();
    t.probability = row.real();
    t.horizon_h = row.real();
    t.at = row.time();
    t.opened_at = row.time();
    t.ended_at = row.optional_time();
    t.state = row.name(&parse_trial_state);
    t.outcome_id = row.text();
    t.attached = row.flag();
    return t;
}

void bind(Binder& binder, const RuleStanding& s) {
    binder.text(s.rule_id).integer(s.no).integer(s.version).text(to_string(s.mode)).time(s.at);
    binder.text(s.who).text(s.why).bits(s.right_count).bits(s.wrong_count);
}

RuleStanding read_standing(Row& row) {
    RuleStanding s;
    s.rule_id = row.text();
    s.no = row.count();
    s.version = row.count();
    s.mode = row.name(&parse_rule_mode);
    s.at = row.time();
    s.who = row.text();
    s.why = row.text();
    s.right_count = row.bits();
    s.wrong_count = row.bits();
    return s;
}

std::vector<Trial> read_trials(SQLite::Database& database) {
    SQLite::Statement select(database, select_trials(""));
    return all_of(select);
}

std::vector<Trial> read_young_trials(SQLite::Database& database, WallTime since) {
    SQLite::Statement select(database, select_trials("WHERE ended_at IS NULL OR ended_at >= ?"));
    Binder(select).time(since);
    return all_of(select);
}

std::vector<RuleStanding> read_standings(SQLite::Database& database, StandingRows which) {
    const std::string last = which == StandingRows::all
                                 ? ""
                                 : " WHERE no = (SELECT max(no) FROM rule_standing other WHERE "
                                   "other.rule_id = rule_standing.rule_id)";
    SQLite::Statement select(database, "SELECT " + std::string(kStandingColumns) +
                                           " FROM rule_standing" + last + " ORDER BY rule_id, no");
    std::vector<RuleStanding> standings;
    while (select.executeStep()) {
        Row row(select);
        standings.push_back(read_standing(row));
    }
    return standings;
}

std::vector<RuleTally> read_tallies(SQLite::Database& database) {
    SQLite::Statement select(
        database,
        "SELECT rule, model, decision = 'confirmed', count(*) FROM ticket "
        "WHERE decision <> 'undecided' GROUP BY rule, model, decision UNION ALL "
        "SELECT rule, model, state = 'confirmed', count(*) FROM trial "
        "WHERE state IN ('confirmed', 'no_fault_found', 'other_fault', 'no_failure') "
        "GROUP BY rule, model, state");
    std::vector<RuleTally> tallies;
    while (select.executeStep()) {
        Row row(select);
        RuleTally& tally = tallies.emplace_back();
        tally.rule = row.text();
        tally.model = row.text();
        const bool was_right = row.flag();
        (was_right ? tally.count.right : tally.count.wrong) = row.bits();
    }
    return tallies;
}

}  // namespace aftercare::collector::sqlite
