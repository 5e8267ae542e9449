// What the engine stored is held against its own code, applied again to the stored reports.
#include "collector/core/engine.hpp"
#include "collector/io/sqlite/verify.hpp"
#include "tests/unit/collector_sqlite/telemetry_fleet.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

constexpr std::uint32_t kBlocked = 18;

Catalogue one_model() {
    ModelInfo model{.id = "wm-100"};
    model.faults = {{.id = kBlocked, .name = "E18"}};
    model.components = {{.id = 1, .name = "drain_pump"}};
    model.failure_modes = {{.id = "blocked", .component = "drain_pump"}};
    return {{model}};
}

RulePack twice_a_day() {
    Rule rule{.id = "pump_blocked", .component = "drain_pump", .failure_mode = "blocked"};
    rule.horizon = hours_ms(72);
    rule.when = {
        .kind = PredicateKind::fault_count, .faults = {"E18"}, .count = 2, .window = hours_ms(24)};
    return {.id = "pack", .rules = {rule}};
}

}  // namespace

TEST_GROUP(VerifyEngine) {
    ScratchDatabase database{"verify-engine"};
    Catalogue catalogue = one_model();
    std::unique_ptr<Detector> detector = *Detector::create(twice_a_day(), catalogue);
    proto::Codec codec;

    /// A device with a fault and a reading at four hours; the first two of each are in chunks.
    void setup() override {
        const auto store = database.open({.durable = false, .merge = kMergeAtOnce});
        Settings settings{.tenants = {"acme"}, .open_enrolment = true};
        const auto engine = *Engine::create(settings, catalogue, *detector, {});
        for (const std::int64_t h : {1, 2, 30, 31}) {
            Commit commit;
            report(*engine, Lane::urgent, h, commit);
            report(*engine, Lane::bulk, h, commit);
            engine->finish(commit);
            CHECK(store->apply(commit).has_value());
            if (h == 2) settle(*store, hour(h));
        }
    }

    void report(Engine & engine, Lane lane, std::int64_t h, Commit & commit) {
        static const std::map<std::int64_t, Seq> kSeqs{{1, 1}, {2, 2}, {30, 3}, {31, 4}};
        Report report;
        report.header.device_id.assign("wm-1");
        report.header.model = "wm-100";
        report.header.stream_id = kStream;
        report.header.lane = lane;
        report.header.boot = 1;
        report.header.first_seq = kSeqs.at(h);
        report.header.oldest_seq = 1;
        report.header.uptime_ms = static_cast<std::uint64_t>(h * 3'600'000);
        Record record;
        record.seq = kSeqs.at(h);
        record.boot = 1;
        record.uptime_ms = report.header.uptime_ms - 60'000;
        if (lane == Lane::urgent) {
            record.body = Fault{.code = kBlocked, .state = FaultState::occurred};
        } else {
            record.body = Reading{.window_ms = 60'000};
        }
        report.records = {record};
        const milliseconds transit{lane == Lane::urgent ? 500 : 900};
        const Now now{Instant{} + hours_ms(static_cast<double>(h)), hour(h) + transit};
        engine.on_report("acme", "wm-1", report, codec.encode_report(report), now, commit);
    }

    VerifyCheck check(const char* name, WallTime since = WallTime::min()) {
        const auto report =
            verify_database(database.path(), {.knowledge = {&catalogue, detector.get(), since}});
        CHECK(report.has_value());
        for (const VerifyCheck& one : report->checks) {
            if (one.name == name) return one;
        }
        FAIL(name);
        return {};
    }
    void finds(const char* damage, const char* name, const char* words) {
        STRCMP_EQUAL("", database.sql(damage).c_str());
        const VerifyCheck found = check(name);
        CHECK(found.wrong > 0);
        STRCMP_CONTAINS(words, found.example.c_str());
    }
};

TEST(VerifyEngine, finds_nothing_in_what_the_engine_stored) {
    // Faults at 1 h and 2 h make the first detection, those at 30 h and 31 h the second.
    STRCMP_EQUAL("2", database.sql("SELECT detection_count FROM ticket").c_str());
    const VerifyCheck detections = check("detections");
    STRCMP_EQUAL("", detections.example.c_str());
    UNSIGNED_LONGS_EQUAL(2, detections.examined);
    const VerifyCheck states = check("device_states");
    STRCMP_EQUAL("", states.example.c_str());
    UNSIGNED_LONGS_EQUAL(1, states.examined);
    UNSIGNED_LONGS_EQUAL(4, check("fault_times").examined);
    STRCMP_EQUAL("", check("fault_times").example.c_str());
}

// promise: sla-clock
TEST(VerifyEngine, finds_a_clock_that_its_events_do_not_explain) {
    UNSIGNED_LONGS_EQUAL(1, check("sla_clocks").examined);
    UNSIGNED_LONGS_EQUAL(0, check("sla_clocks").not_comparable);
    STRCMP_EQUAL("", check("sla_clocks").example.c_str());
    finds("UPDATE ticket SET resolution_spent_ms = 5", "sla_clocks", "resolution 5 ms spent");
    finds("UPDATE ticket SET resolution_spent_ms = 0, resolution_alarm = 'breached'", "sla_clocks",
          "its events lead to");
    finds("UPDATE ticket SET resolution_alarm = ''; DELETE FROM sla_terms", "sla_clocks",
          "terms that are not stored");
}

TEST(VerifyEngine, finds_a_detection_without_a_ticket) {
    finds("DELETE FROM ticket_event; DELETE FROM contact; DELETE FROM ticket", "detections",
          "2 detections of blocked are in no ticket");
}

TEST(VerifyEngine, finds_a_ticket_that_follows_from_no_report) {
    finds("UPDATE ticket SET detected_at = detected_at - 1", "detections",
          "pump_blocked@1 does not become true at");
    finds(
        "UPDATE ticket SET detected_at = detected_at + 1; INSERT INTO ticket_event(ticket_id, no, "
        "at, who, kind, why) SELECT ticket_id, 99, at, who, 'detection', why FROM ticket_event "
        "WHERE kind = 'detection'",
        "detections", "1 detections in tickets of blocked follow from no report");
}

TEST(VerifyEngine, knows_the_mode_that_a_rule_had_when_it_became_true) {
    // Shelved from before the second detection on: that one must be in no ticket.
    database.sql("INSERT INTO rule_standing VALUES('pump_blocked', 1, 1, 'shelved', " +
                 std::to_string(unix_ms(hour(20))) + ", 'engine', 'why', 0, 20)");
    STRCMP_CONTAINS("1 detections in tickets of blocked follow from no report",
                    check("detections").example.c_str());
    database.sql("UPDATE rule_standing SET version = 2");
    STRCMP_EQUAL("", check("detections").example.c_str());
}

TEST(VerifyEngine, finds_a_trial_that_follows_from_no_report) {
    const auto put = [&](const char* id, std::int64_t at) {
        database.sql("INSERT INTO trial SELECT '" + std::string(id) +
                     "', tenant, device_no, device_id, model, firmware, component, failure_mode, "
                     "rule, 0.5, 72, detected_at + " +
                     std::to_string(at) + ", opened_at, NULL, 'running', NULL, 0 FROM ticket");
    };
    put("R1", 0);
    STRCMP_EQUAL("", check("trials").example.c_str());
    UNSIGNED_LONGS_EQUAL(1, check("trials").examined);
    put("R2", -1);
    STRCMP_CONTAINS("trial R2 of device acme/wm-1: rule pump_blocked@1 does not become true",
                    check("trials").example.c_str());
}

TEST(VerifyEngine, finds_a_state_of_other_reports) {
    // The fault's report is now one of another hour; what the engine remembers is not.
    finds(
        "UPDATE raw_report SET received_at = received_at - 7200000 WHERE lane = 0 AND last_seq = 3",
        "device_states", "differs");
}

TEST(VerifyEngine, finds_a_state_that_cannot_be_read) {
    finds("UPDATE device SET state = substr(state, 1, length(state) - 1)", "device_states",
          "cut short");
}

TEST(VerifyEngine, never_calls_right_what_it_cannot_know) {
    // Rules that came later, records that retention took, a part replaced at the desk.
    UNSIGNED_LONGS_EQUAL(2, check("detections", hour(2)).not_comparable);
    UNSIGNED_LONGS_EQUAL(0, check("detections", hour(2)).examined);
    database.sql("UPDATE device SET state = x'FF'");
    UNSIGNED_LONGS_EQUAL(1, check("device_states").not_comparable);
    database.sql("INSERT INTO expired VALUES (1, 1, 0, 1, 1)");
    UNSIGNED_LONGS_EQUAL(0, check("detections").examined);
    UNSIGNED_LONGS_EQUAL(0, check("device_states").examined);
}
