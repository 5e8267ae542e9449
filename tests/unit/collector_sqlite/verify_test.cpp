#include "collector/io/sqlite/verify.hpp"

#include "collector/io/sqlite/verify_checks.hpp"
#include "tests/unit/collector_sqlite/database.hpp"
#include "tests/unit/collector_sqlite/telemetry.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

/// Two lanes with an inner gap, a declared gap and an overlapping resend; a ticket with a history.
void fill(const ScratchDatabase& database) {
    Commit commit;
    commit.devices = {device(1), device(2)};
    add_wire_report(commit, 1, Lane::urgent, {1, 2, 5, 6});
    add_wire_report(commit, 1, Lane::urgent, {6, 7, 8}, 7);
    add_wire_report(commit, 2, Lane::bulk, {1, 2, 3});
    commit.gaps.push_back(gap(2, 4, 9));
    commit.streams.back().high_water[index(Lane::bulk)] = 9;
    commit.totals.gap_records += 6;
    Ticket t = ticket("t1", 1, "m", TicketState::contacted);
    t.version = 4;
    t.reopened_count = 1;
    t.outcome = OutcomeCode::preventive_replacement;
    commit.tickets = {t};
    commit.events = {event("t1", 1, "opened", std::nullopt, TicketState::open),
                     event("t1", 2, "state", TicketState::open, TicketState::resolved),
                     event("t1", 3, "state", TicketState::resolved, TicketState::open),
                     event("t1", 4, "state", TicketState::open, TicketState::contacted)};
    commit.outcomes = {outcome("o1", "t1", 1, hour(2))};
    commit.trials = {trial("R1", 1, TrialState::censored)};
    commit.trials[0].outcome_id = "o1";
    commit.problems = {problem("P1", "pump_current")};
    commit.problems[0].failure_mode = "m";
    commit.problems[0].device_count = commit.problems[0].ticket_count = 1;
    commit.problems[0].detection_count = 3;
    commit.problem_devices = {problem_device("P1", 1, "t1"), problem_device("P1", 2)};
    commit.problem_events = {{"P1", 1, hour(10), "engine", "started", "because"}};
    commit.watches = {{"t1", 1, WatchState::returned, hour(11), hour(300)}};
    refuse(commit, RefusalReason::bad_time, "x", hour(1));
    const Status applied = database.open()->apply(commit);
    if (!applied) FAIL(applied.error().message.c_str());
}

/// Names of the checks that found something, with the first example of the first.
std::string findings(const ScratchDatabase& database, std::string* example = nullptr) {
    const auto report = verify_database(database.path());
    if (!report) FAIL(report.error().message.c_str());
    std::string names;
    for (const VerifyCheck& check : report->checks) {
        if (check.wrong == 0) continue;
        if (example != nullptr && names.empty()) *example = check.example;
        names += (names.empty() ? "" : " ") + check.name;
    }
    CHECK(names.empty() == report->sound());
    return names;
}

}  // namespace

TEST_GROUP(Coverage){};

TEST(Coverage, is_whole_when_ranges_meet_up_to_the_mark) {
    using sqlite::coverage_fault;
    STRCMP_EQUAL("", coverage_fault({}, 0).c_str());
    STRCMP_EQUAL("", coverage_fault({{4, 9}, {1, 3}, {10, 10}}, 10).c_str());
}

TEST(Coverage, names_holes_overlaps_and_wrong_marks) {
    using sqlite::coverage_fault;
    STRCMP_CONTAINS("seq 4 to 5 is neither", coverage_fault({{1, 3}, {6, 9}}, 9).c_str());
    STRCMP_CONTAINS("seq 1 to 1 is neither", coverage_fault({{2, 3}}, 3).c_str());
    STRCMP_CONTAINS("seq 3 to 4 is there twice", coverage_fault({{1, 4}, {3, 6}}, 6).c_str());
    STRCMP_CONTAINS("seq 2 to 2 is there twice", coverage_fault({{1, 4}, {2, 2}}, 4).c_str());
    STRCMP_CONTAINS("up to seq 4, the mark says 5", coverage_fault({{1, 4}}, 5).c_str());
    STRCMP_CONTAINS("up to seq 4, the mark says 3", coverage_fault({{1, 4}}, 3).c_str());
}

TEST_GROUP(Verify) {
    ScratchDatabase database{"verify"};
    void setup() override {
        fill(database);
    }

    void finds(const char* damage, const char* names, const char* words) {
        STRCMP_EQUAL("", database.sql(damage).c_str());
        std::string example;
        STRCMP_EQUAL(names, findings(database, &example).c_str());
        STRCMP_CONTAINS(words, example.c_str());
    }
};

TEST(Verify, finds_nothing_in_a_sound_database) {
    const auto report = verify_database(database.path());
    CHECK(report.has_value());
    for (const VerifyCheck& check : report->checks) {
        STRCMP_EQUAL("", check.example.c_str());
        CHECK_TEXT(check.examined > 0, check.name.c_str());
        CHECK(!check.promise.empty());
    }
    CHECK(report->checks.size() >= 13);
}

TEST(Verify, finds_a_lost_report) {
    finds(
        "DELETE FROM raw_report WHERE device_no = 2; "
        "UPDATE totals SET records = records - 3",
        "coverage", "device acme/wm-2");
}

TEST(Verify, finds_a_report_stored_twice) {
    finds(
        "INSERT INTO raw_report SELECT NULL, device_no, stream_no, lane, first_seq, last_seq, "
        "record_count, t0, received_at, bytes FROM raw_report WHERE device_no = 2; "
        "UPDATE totals SET records = records + 3, reports = reports + 1",
        "coverage", "seq 1 to 3 is there twice");
}

TEST(Verify, finds_a_lost_gap) {
    finds("DELETE FROM gap WHERE device_no = 1; UPDATE totals SET gap_records = 6", "coverage",
          "seq 3 to 4 is neither stored nor declared lost");
}

TEST(Verify, finds_a_mark_that_runs_ahead) {
    finds("UPDATE stream SET high_water_bulk = 10 WHERE device_no = 2", "coverage",
          "stored up to seq 9, the mark says 10");
}

TEST(Verify, finds_a_report_whose_stream_is_gone) {
    finds("DELETE FROM stream WHERE device_no = 2", "record_counts coverage",
          "another stream or lane than the row");
}

TEST(Verify, finds_a_report_that_changed) {
    finds("UPDATE raw_report SET bytes = x'FFFFFF' WHERE device_no = 2", "raw_reports", "wm-2");
}

TEST(Verify, finds_a_wrong_record_count) {
    finds(
        "UPDATE raw_report SET record_count = 4 WHERE device_no = 2; "
        "UPDATE totals SET records = records + 1",
        "record_counts", "the bytes hold 3");
}

TEST(Verify, finds_missing_changed_and_invented_faults) {
    finds("DELETE FROM fault WHERE seq = 5", "fault_rows", "seq 5 has no row");
    finds(
        "INSERT INTO fault SELECT device_no, stream_no, 5, 105, state, occurrences, occurred_at, "
        "error_ms, received_at FROM fault WHERE seq = 6; UPDATE fault SET code = 7 WHERE seq = 6",
        "fault_rows", "seq 6 differs");
    finds(
        "UPDATE fault SET code = 106 WHERE seq = 6; INSERT INTO fault SELECT device_no, stream_no, "
        "99, code, state, occurrences, occurred_at, error_ms, received_at FROM fault "
        "WHERE seq = 6",
        "fault_rows", "7 fault rows, but the reports hold 6");
}

TEST(Verify, finds_a_fault_moved_in_time) {
    finds("UPDATE fault SET occurred_at = occurred_at - 3600000 WHERE seq = 6", "fault_times",
          "fault at seq 6: the row is 3600000 ms away");
    finds(
        "UPDATE fault SET occurred_at = occurred_at + 3600000, received_at = received_at + 1 "
        "WHERE seq = 6",
        "fault_times", "arrived at another time");
}

TEST(Verify, finds_counters_that_do_not_add_up) {
    finds("UPDATE totals SET records = 1", "totals", "records: counter 1, rows hold 9");
    finds("UPDATE totals SET records = 9, reports = 2", "totals",
          "reports: counter 2, rows hold 3");
}

TEST(Verify, finds_a_ticket_that_left_its_events) {
    finds("UPDATE ticket SET state = 'closed'", "ticket_states",
          "is closed, its events say contacted");
    finds("UPDATE ticket SET state = 'contacted', version = 5", "event_numbers", "version 5");
    finds("UPDATE ticket SET version = 4, reopened_count = 0", "reopened_counts", "events show 1");
    finds("UPDATE ticket SET reopened_count = 1, outcome = 'no_fault_found'", "ticket_outcomes",
          "no outcome row says no_fault_found");
    finds("UPDATE ticket SET outcome = NULL, detection_count = 2", "detection_counts",
          "counts 2, events show 1");
    finds("UPDATE ticket SET detection_count = 1, decision = 'confirmed'", "decisions",
          "ticket t1 is confirmed, no outcome of it decides so");
    finds("UPDATE ticket SET decision = 'undecided'; UPDATE trial SET state = 'confirmed'",
          "trial_decisions", "trial R1 is confirmed, its outcome says otherwise");
    finds(
        "UPDATE trial SET state = 'censored'; UPDATE ticket_event SET from_state = 'on_hold' "
        "WHERE no = 4",
        "event_chain", "from on_hold, but the ticket was open");
}

TEST(Verify, finds_desk_work_that_its_events_do_not_lead_to) {
    finds("UPDATE ticket SET centre = 'south'", "desk_work",
          "centre is \"south\", its events say \"north\"");
    finds("UPDATE ticket SET centre = 'north', assignee = 'anna'", "desk_work", "assignee");
    // Events of the desk that lead to exactly what the row says.
    STRCMP_EQUAL("", database
                         .sql("UPDATE ticket SET escalation_level = 1, escalation_count = 2, "
                              "comment_count = 1, version = 9; "
                              "INSERT INTO ticket_event VALUES "
                              "('t1', 5, 0, 'x', 'assigned', NULL, NULL, '', 'anna'), "
                              "('t1', 6, 0, 'x', 'escalated', NULL, NULL, 'y', '2'), "
                              "('t1', 7, 0, 'x', 'escalated', NULL, NULL, 'y', '0'), "
                              "('t1', 8, 0, 'x', 'escalated', NULL, NULL, 'y', '1'), "
                              "('t1', 9, 0, 'x', 'comment', NULL, NULL, 'z', '')")
                         .c_str());
    STRCMP_EQUAL("", findings(database).c_str());
    finds("UPDATE ticket SET escalation_count = 1", "desk_work",
          "escalation_count is \"1\", its events say \"2\"");
    finds("UPDATE ticket SET escalation_count = 2, queue = 'unroutable'", "desk_work", "queue");
    finds("UPDATE ticket SET queue = 'none', routed_at = 5", "desk_work", "routed_at");
    finds("UPDATE ticket SET routed_at = NULL, merged_into = 't2'", "desk_work", "merged_into");
}

// promise: events-resume
TEST(Verify, finds_events_that_a_resumed_stream_would_lose_repeat_or_turn_round) {
    finds("DELETE FROM event_position WHERE no = 2", "event_positions",
          "ticket t1, event 2: has 0 positions");
    finds("INSERT INTO event_position(position, ticket_id, no) VALUES (2, 't1', 2), (9, 't1', 2)",
          "event_positions", "ticket t1, event 2: has 2 positions");
    finds("UPDATE event_position SET no = 7 WHERE position = 9", "event_positions",
          "position 9: there is no event 7 of ticket t1");
    finds(
        "DELETE FROM event_position WHERE position = 9; "
        "UPDATE event_position SET position = 20 WHERE no = 2",
        "event_positions", "ticket t1, event 3: position 3 is before that of event 2");
    finds(
        "UPDATE event_position SET position = 2 WHERE no = 2; "
        "INSERT INTO event_position VALUES (30, '', 4, 'pump')",
        "event_positions", "position 30: there is no change 4 of rule pump");
    STRCMP_EQUAL("", database
                         .sql("DELETE FROM event_position WHERE position = 30; "
                              "UPDATE event_position SET position = 20 WHERE no = 2")
                         .c_str());
    // An event that is dated back, placed by time when positions came.
    STRCMP_EQUAL("",
                 database.sql("UPDATE ticket_event SET at = at + 7200000 WHERE no = 2").c_str());
    STRCMP_EQUAL("", findings(database).c_str());
}

TEST(Verify, finds_a_ticket_less_severe_than_what_was_merged_into_it) {
    const char* merge =
        "UPDATE ticket SET severity = 'critical', version = 5; INSERT INTO ticket_event VALUES "
        "('t1', 5, 0, 'x', 'merged_from', NULL, NULL, 'same', 't9:critical')";
    STRCMP_EQUAL("", database.sql(merge).c_str());
    STRCMP_EQUAL("", findings(database).c_str());
    finds("UPDATE ticket SET severity = 'major'", "desk_work",
          "severity is \"major\", its events say \"critical\"");
}

// promise: flood-guard
TEST(Verify, finds_a_problem_that_left_its_devices) {
    finds("UPDATE problem SET device_count = 2", "problems",
          "devices 2, detections 3; rows hold 1, 1");
    finds(
        "UPDATE problem SET device_count = 1; UPDATE problem_device SET detection_count = 4 "
        "WHERE attached",
        "problems", "detections 3; rows hold 1, 1, 4");
    finds("UPDATE problem_device SET detection_count = 3; UPDATE problem SET version = 2",
          "problems", "version 2");
    finds("UPDATE problem SET version = 1, failure_mode = 'x', component = 'x'", "problem_tickets",
          "ticket t1 is of another");
    finds("UPDATE problem SET failure_mode = 'm', state = 'released', settled_at = 1",
          "problem_tickets", "device wm-2: released without a ticket");
}

// promise: verified-by-telemetry
TEST(Verify, finds_a_ticket_that_was_never_verified) {
    finds("UPDATE ticket SET verified_at = 1", "verified",
          "ticket t1: is verified, its watch is returned");
}

TEST(Verify, finds_rows_without_their_owner) {
    finds("DELETE FROM device WHERE device_no = 1", "references devices_known",
          "names a missing device");
}
