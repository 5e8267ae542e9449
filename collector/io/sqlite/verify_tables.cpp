#include <array>
#include <string_view>

#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/rows.hpp"
#include "collector/io/sqlite/verify_checks.hpp"

namespace aftercare::collector::sqlite {

namespace {

/// `wrong` selects one text per wrong row.
struct TableCheck {
    std::string_view name;
    std::string_view promise;
    std::string_view examined;
    std::string_view wrong;
};

constexpr std::array kTableChecks{
    TableCheck{
        "references", "every row that names a row of another table finds it",
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table'",
        "SELECT \"table\" || ' row ' || coalesce(rowid, '') || ' names a missing ' || parent "
        "FROM pragma_foreign_key_check"},
    TableCheck{"devices_known", "telemetry belongs to registered devices",
               "SELECT count(*) FROM stream",
               "SELECT 'stream ' || stream_id || ' belongs to device number ' || device_no || "
               "', which is not registered' FROM stream WHERE device_no NOT IN "
               "(SELECT device_no FROM device)"},
    TableCheck{"totals", "the stored counters equal the rows they count", "SELECT 3",
               "SELECT 'records: counter ' || records || ', rows hold ' || found FROM totals, "
               "(SELECT coalesce(sum(n), 0) AS found FROM (SELECT record_count AS n FROM "
               "young_report UNION ALL SELECT record_count FROM chunk UNION ALL SELECT "
               "record_count FROM expired)) "
               "WHERE records <> found "
               "UNION ALL SELECT 'gap_records: counter ' || gap_records || ', rows hold ' || found "
               "FROM totals, (SELECT coalesce(sum(last_seq - first_seq + 1), 0) AS found FROM gap) "
               "WHERE gap_records <> found "
               "UNION ALL SELECT 'reports: counter ' || reports || ', rows hold ' || found FROM "
               "totals, (SELECT (SELECT count(*) FROM young_report) + (SELECT "
               "coalesce(sum(report_count), 0) FROM chunk) AS found) WHERE reports < found"},
    TableCheck{"quarantine", "no more samples are kept than messages were refused",
               "SELECT count(*) FROM quarantine_sample",
               "SELECT 'reason ' || reason || ' of ' || iif(tenant = '', 'nobody', tenant) FROM "
               "quarantine_sample s LEFT JOIN quarantine q USING (tenant, reason) GROUP BY tenant, "
               "reason HAVING q.count IS NULL OR count(*) > q.count OR max(ordinal) > q.count"},
    TableCheck{"event_numbers", "the events of a ticket are numbered 1 to its version",
               "SELECT count(*) FROM ticket",
               "SELECT 'ticket ' || t.ticket_id || ': version ' || version || ', ' || "
               "count(no) || ' events up to number ' || coalesce(max(no), 0) FROM ticket t "
               "LEFT JOIN ticket_event e USING (ticket_id) GROUP BY t.ticket_id "
               "HAVING count(no) <> version OR coalesce(max(no), 0) <> version"},
    // An event dated before the one before it may stand before it: version 10 placed by time what
    // was there already.
    TableCheck{"event_positions",
               "each ticket event has one position, after that of the event before it; each other "
               "one is of a rule's change",
               "SELECT count(*) FROM ticket_event",
               "SELECT 'ticket ' || e.ticket_id || ', event ' || e.no || ': has ' || "
               "count(position) || ' positions' FROM ticket_event e LEFT JOIN event_position p "
               "USING (ticket_id, no) GROUP BY e.ticket_id, e.no HAVING count(position) <> 1 "
               "UNION ALL SELECT 'position ' || position || ': there is no event ' || p.no || "
               "' of ticket ' || p.ticket_id FROM event_position p LEFT JOIN ticket_event e "
               "USING (ticket_id, no) WHERE e.no IS NULL AND p.rule_id = '' "
               "UNION ALL SELECT 'position ' || position || ': there is no change ' || p.no || "
               "' of rule ' || p.rule_id FROM event_position p LEFT JOIN rule_standing s "
               "USING (rule_id, no) WHERE s.no IS NULL AND p.rule_id <> '' "
               "UNION ALL SELECT 'ticket ' || ticket_id || ', event ' || no || ': position ' || "
               "position || ' is before that of event ' || (no - 1) FROM (SELECT ticket_id, no, "
               "position, at, lag(position) OVER w AS position_before, lag(at) OVER w AS at_before "
               "FROM event_position JOIN ticket_event USING (ticket_id, no) "
               "WINDOW w AS (PARTITION BY ticket_id ORDER BY no)) "
               "WHERE position < position_before AND at >= at_before"},
    TableCheck{"ticket_states", "a ticket is in the state its last state change led to",
               "SELECT count(*) FROM ticket",
               "SELECT 'ticket ' || t.ticket_id || ': is ' || state || ', its events say ' || "
               "coalesce(said, 'nothing') FROM (SELECT ticket_id, state, (SELECT to_state FROM "
               "ticket_event e WHERE e.ticket_id = ticket.ticket_id AND to_state IS NOT NULL "
               "ORDER BY no DESC LIMIT 1) AS said FROM ticket) t WHERE said IS NOT state"},
    TableCheck{
        "event_chain", "each state change starts where the one before it ended",
        "SELECT count(*) FROM ticket_event WHERE from_state IS NOT NULL",
        "SELECT 'ticket ' || ticket_id || ', event ' || no || ': from ' || from_state || "
        "', but the ticket was ' || coalesce(before, 'not there') FROM (SELECT ticket_id, no, "
        "from_state, lag(to_state) OVER (PARTITION BY ticket_id ORDER BY no) AS before "
        "FROM ticket_event WHERE to_state IS NOT NULL) WHERE from_state IS NOT NULL "
        "AND from_state IS NOT before"},
    TableCheck{
        "reopened_counts", "a ticket counts how often it was opened again",
        "SELECT count(*) FROM ticket",
        "SELECT 'ticket ' || t.ticket_id || ': counts ' || reopened_count || ', events show ' "
        "|| found FROM (SELECT ticket_id, reopened_count, (SELECT count(*) FROM ticket_event e "
        "WHERE e.ticket_id = ticket.ticket_id AND from_state IN ('resolved', 'closed', "
        "'dismissed', 'merged', 'lapsed') AND to_state NOT IN ('resolved', 'closed', "
        "'dismissed', 'merged', 'lapsed')) AS found FROM ticket) t "
        "WHERE found <> reopened_count"},
    TableCheck{
        "detection_counts", "a ticket counts its detections", "SELECT count(*) FROM ticket",
        "SELECT 'ticket ' || ticket_id || ': counts ' || detection_count || ', events show ' "
        "|| found FROM (SELECT ticket_id, detection_count, (origin = 'predicted') + (SELECT "
        "count(*) FROM ticket_event e WHERE e.ticket_id = t.ticket_id AND kind = "
        "'detection') AS found FROM ticket t) WHERE found <> detection_count"},
    TableCheck{
        "problems", "a problem counts its events, its devices and what they brought",
        "SELECT count(*) FROM problem",
        "SELECT 'problem ' || p.problem_id || ': version ' || version || ', devices ' || "
        "device_count || ', detections ' || p.detection_count || '; rows hold ' || events || "
        "', ' || devices || ', ' || detections FROM problem p JOIN (SELECT problem_id, "
        "(SELECT count(*) FROM problem_event e WHERE e.problem_id = q.problem_id) AS events, "
        "(SELECT count(*) FROM problem_device d WHERE d.problem_id = q.problem_id AND "
        "attached) AS devices, (SELECT coalesce(sum(detection_count), 0) FROM problem_device "
        "d WHERE d.problem_id = q.problem_id AND attached) AS detections FROM problem q) "
        "USING (problem_id) WHERE version <> events OR device_count <> devices OR "
        "p.detection_count <> detections"},
    TableCheck{"problem_tickets",
               "a ticket of a problem is of its device and failure mode or component, and a "
               "released problem "
               "left no device without one",
               "SELECT count(*) FROM problem_device",
               "SELECT 'problem ' || problem_id || ', device ' || d.device_id || ': ' || "
               "coalesce('ticket ' || ticket_id || ' is of another', 'released without a ticket') "
               "FROM problem_device d JOIN problem p USING (problem_id) LEFT JOIN ticket t USING "
               "(ticket_id) WHERE (ticket_id IS NOT NULL AND (t.device_no IS NOT d.device_no OR "
               "(t.failure_mode <> p.failure_mode AND t.component <> p.component))) OR (ticket_id "
               "IS NULL AND "
               "p.state = 'released' AND settled_at IS NOT NULL)"},
    TableCheck{
        "verified", "a ticket is verified when and only when its last watch ended so",
        "SELECT count(*) FROM watch",
        "SELECT 'ticket ' || t.ticket_id || ': is ' || iif(verified_at IS NULL, 'not ', '') "
        "|| 'verified, its watch is ' || coalesce(w.state, 'missing') FROM ticket t LEFT JOIN "
        "watch w USING (ticket_id) WHERE (verified_at IS NOT NULL AND w.state IS NOT "
        "'verified') OR (verified_at IS NULL AND w.state = 'verified' AND "
        "t.state = 'resolved' AND w.since = t.resolved_at)"},
    TableCheck{"ticket_outcomes", "the outcome of a ticket is one that was reported for it",
               "SELECT count(*) FROM ticket WHERE outcome IS NOT NULL",
               "SELECT 'ticket ' || ticket_id || ': no outcome row says ' || outcome FROM ticket t "
               "WHERE outcome IS NOT NULL AND NOT EXISTS (SELECT 1 FROM outcome o "
               "WHERE o.ticket_id = t.ticket_id AND o.code = t.outcome)"},
};

VerifyCheck run(SQLite::Database& database, const TableCheck& check) {
    VerifyCheck result{std::string(check.name), std::string(check.promise)};
    SQLite::Statement examined(database, std::string(check.examined));
    if (examined.executeStep()) result.examined = Row(examined).bits();
    SQLite::Statement rows(database, std::string(check.wrong));
    while (rows.executeStep()) {
        result.add_wrong(Row(rows).text());
    }
    return result;
}

VerifyCheck file_structure(SQLite::Database& database) {
    VerifyCheck result{"file", "pages, indexes and constraints of the file agree"};
    result.examined =
        static_cast<std::uint64_t>(database.execAndGet("PRAGMA page_count").getInt64());
    SQLite::Statement check(database, "PRAGMA integrity_check(100)");
    while (check.executeStep()) {
        const std::string line = Row(check).text();
        if (line != "ok") result.add_wrong(line);
    }
    return result;
}

}  // namespace

void verify_tables(SQLite::Database& database, std::vector<VerifyCheck>& checks) {
    checks.push_back(file_structure(database));
    for (const TableCheck& check : kTableChecks) checks.push_back(run(database, check));
}

}  // namespace aftercare::collector::sqlite
