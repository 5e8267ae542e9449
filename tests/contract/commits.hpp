// A small language for commits in store tests: everything about device `no` is named after it.
#pragma once

#include <algorithm>
#include <string>

#include "collector/core/commit.hpp"

namespace aftercare::collector::testing {

inline constexpr std::uint64_t kStream = 0xF00D'0000'0000'0001ULL;  ///< uses the sign bit

inline WallTime hour(std::int64_t h) {
    return wall_from_unix_ms(1'767'225'600'000 + h * 3'600'000);
}

inline std::string device_name(DeviceNo no) {
    return "wm-" + std::to_string(no);
}

inline DeviceStateRow device(DeviceNo no, std::string state = "state") {
    DeviceStateRow row;
    row.info.no = no;
    row.info.tenant = "acme";
    row.info.device_id = device_name(no);
    row.info.model = no % 2 == 0 ? "wm-100" : "fr-200";
    row.info.firmware = "1.2.3";
    row.info.language = "de";
    row.info.installed_at = hour(-1000);
    row.info.last_seen_at = hour(no);
    row.state = std::move(state);
    return row;
}

/// `count` records from `first_seq` on in one report, with the mark that goes with them.
inline void add_report(Commit& commit, DeviceNo no, Seq first_seq, std::uint32_t count,
                       Lane lane = Lane::bulk) {
    RawReport raw;
    raw.device_no = no;
    raw.stream_id = kStream + no;
    raw.lane = lane;
    raw.first_seq = first_seq;
    raw.last_seq = first_seq + count - 1;
    raw.record_count = count;
    raw.t0 = hour(static_cast<std::int64_t>(first_seq));
    raw.received_at = raw.t0 + milliseconds{1500};
    raw.bytes = "report " + std::to_string(first_seq) + std::string(1, '\0');
    commit.raw.push_back(raw);
    StreamRow stream;
    stream.device_no = no;
    stream.stream_id = raw.stream_id;
    stream.high_water[index(lane)] = raw.last_seq;
    stream.last_at = raw.received_at;
    commit.streams.push_back(stream);
    commit.totals.reports += 1;
    commit.totals.records += count;
}

inline FaultRow fault(DeviceNo no, Seq seq, std::uint32_t code, WallTime at) {
    FaultRow row;
    row.device_no = no;
    row.stream_id = kStream + no;
    row.seq = seq;
    row.code = code;
    row.state = FaultState::raised;
    row.occurred_at = at;
    row.error_ms = 250;
    row.received_at = at + milliseconds{90};
    return row;
}

inline GapRow gap(DeviceNo no, Seq first_seq, Seq last_seq, Lane lane = Lane::bulk) {
    return {no, kStream + no, lane, first_seq, last_seq, hour(5)};
}

/// One more message of a tenant, or of nobody (""), is refused.
inline void refuse(Commit& commit, RefusalReason reason, std::string detail, WallTime at,
                   const std::string& tenant = "acme") {
    auto& counts = commit.refusal_counts;
    auto count = std::find_if(counts.begin(), counts.end(), [&](const RefusalCount& one) {
        return one.tenant == tenant && one.reason == reason;
    });
    if (count == counts.end()) count = counts.insert(count, {tenant, reason, 0});
    ++count->count;
    ++commit.totals.refused[static_cast<std::size_t>(reason)];
    commit.quarantine.push_back({tenant, reason, count->count, std::move(detail),
                                 "aftercare/v1/acme/00/x/up", std::string("\x01\0\xff", 3), 3, at});
}

inline Ticket ticket(std::string id, DeviceNo no, std::string failure_mode,
                     TicketState state = TicketState::open, WallTime opened_at = hour(10)) {
    Ticket t;
    t.id = std::move(id);
    t.tenant = "acme";
    t.device_no = no;
    t.device_id = device_name(no);
    t.model = "wm-100";
    t.component = "drain_pump";
    t.failure_mode = std::move(failure_mode);
    t.severity = Severity::major;
    t.state = state;
    t.rule = "pump_current@3";
    t.probability = 0.625;
    t.horizon_h = 72;
    t.evidence_json = R"([{"sentence":"the pump draws 30 % more"}])";
    t.detected_at = opened_at - milliseconds{1000};
    t.opened_at = opened_at;
    t.centre = "north";
    t.warranty = WarrantyState::in_warranty;
    t.sla.resolution.due_at = opened_at + milliseconds{1};
    t.detection_count = 1;
    t.version = 1;
    if (!is_open(state)) t.closed_at = opened_at + hours_ms(1);
    return t;
}

inline TicketEvent event(std::string ticket_id, std::uint32_t no, std::string kind,
                         std::optional<TicketState> from, std::optional<TicketState> to) {
    TicketEvent e;
    e.ticket_id = std::move(ticket_id);
    e.no = no;
    e.at = hour(10 + no);
    e.who = "engine";
    e.kind = std::move(kind);
    e.from = from;
    e.to = to;
    e.why = "because";
    if (e.kind == "opened") e.value = "none:north";  // as `ticket` has it
    return e;
}

inline Contact contact(std::string id, std::string ticket_id, DeviceNo no, WallTime at) {
    Contact c;
    c.id = std::move(id);
    c.ticket_id = std::move(ticket_id);
    c.tenant = "acme";
    c.device_no = no;
    c.at = at;
    c.channel = Channel::phone;
    c.result = "reached";
    return c;
}

inline Trial trial(std::string id, DeviceNo no, TrialState state = TrialState::running,
                   WallTime opened_at = hour(10)) {
    Trial t;
    t.id = std::move(id);
    t.tenant = "acme";
    t.device_no = no;
    t.device_id = device_name(no);
    t.model = "wm-100";
    t.firmware = "1.2.3";
    t.component = "drain_pump";
    t.failure_mode = "drain_pump_blocked";
    t.rule = "pump_current@3";
    t.probability = 0.375;
    t.horizon_h = 48;
    t.at = opened_at - milliseconds{1000};
    t.opened_at = opened_at;
    t.state = state;
    if (state != TrialState::running) t.ended_at = t.at + hours_ms(48);
    return t;
}

inline RuleStanding standing(std::string rule_id, std::uint32_t no, RuleMode mode) {
    return {.rule_id = std::move(rule_id),
            .version = 3,
            .no = no,
            .mode = mode,
            .at = hour(no),
            .who = "api:desk",
            .why = "because",
            .right_count = 4,
            .wrong_count = 16};
}

inline Problem problem(std::string id, std::string rule_id, ProblemState state = ProblemState::open,
                       WallTime started_at = hour(10)) {
    Problem p;
    p.id = std::move(id);
    p.tenant = "acme";
    p.rule_id = std::move(rule_id);
    p.model = "wm-100";
    p.firmware = "1.2.3";
    p.component = "drain_pump";
    p.failure_mode = "drain_pump_blocked";
    p.severity = Severity::major;
    p.state = state;
    p.started_at = started_at;
    p.fleet_count = 90;
    p.start_count = 20;
    p.end_count = 5;
    p.version = 1;
    if (state == ProblemState::open) return p;
    p.guard_ended_at = p.decided_at = p.settled_at = started_at + hours_ms(1);
    p.who = "api:maker";
    p.why = "because";
    if (state == ProblemState::resolved) p.code = OutcomeCode::fixed_remotely;
    return p;
}

inline ProblemDevice problem_device(std::string problem_id, DeviceNo no,
                                    std::string ticket_id = {}) {
    ProblemDevice d;
    d.problem_id = std::move(problem_id);
    d.device_no = no;
    d.device_id = device_name(no);
    d.attached = ticket_id.empty();
    d.rule = "pump_current@3";
    d.probability = 0.375;
    d.horizon_h = 48;
    d.evidence_json = R"([{"sentence":"it drags"}])";
    d.detected_at = hour(9);
    d.attached_at = hour(10);
    d.last_at = hour(11);
    d.detection_count = 3;
    d.ticket_id = std::move(ticket_id);
    return d;
}

inline Outcome outcome(std::string id, std::string ticket_id, DeviceNo no, WallTime at) {
    Outcome o;
    o.id = std::move(id);
    o.tenant = "acme";
    o.device_no = no;
    o.device_id = device_name(no);
    o.ticket_id = std::move(ticket_id);
    o.at = at;
    o.code = OutcomeCode::preventive_replacement;
    o.component = "drain_pump";
    o.failed_at = at - hours_ms(2);
    o.labour_min = 35.5;
    o.parts = {{"P-1", "old-1", "new-1"}, {"P-2", "", ""}};
    o.match_score = 1;
    o.match_reason = "by ticket id";
    o.centre = "north";
    return o;
}

}  // namespace aftercare::collector::testing
