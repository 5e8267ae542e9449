#include "collector/core/learn/calibration/rule_report.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(Reliability){};

TEST(Reliability, is_nothing_without_predictions) {
    CHECK_FALSE(reliability_of({}).has_value());
}

TEST(Reliability, follows_the_worked_example) {
    // 0.8 right, 0.8 wrong, 0.2 wrong. Brier (0.04 + 0.64 + 0.04) ÷ 3; bins 0.8: 1 of 2, 0.2: 0
    // of 1.
    const std::array<Judged, 3> judged{{{0.8, true}, {0.8, false}, {0.2, false}}};
    const Reliability table = *reliability_of(judged);
    DOUBLES_EQUAL(0.24, table.brier, 1e-12);
    DOUBLES_EQUAL((2 * 0.3 + 0.2) / 3, table.calibration_error, 1e-12);
    DOUBLES_EQUAL((2 * 0.09 + 0.04) / 3, table.reliability, 1e-12);
    DOUBLES_EQUAL((2 * (1.0 / 36) + 1.0 / 9) / 3, table.resolution, 1e-12);
    DOUBLES_EQUAL(2.0 / 9, table.uncertainty, 1e-12);
    DOUBLES_EQUAL(0, table.within, 1e-12);
    UNSIGNED_LONGS_EQUAL(2, table.bins[8].count);
}

TEST(Reliability, keeps_certainty_in_the_last_bin) {
    const std::array<Judged, 1> judged{{{1.0, true}}};
    const Reliability table = *reliability_of(judged);
    UNSIGNED_LONGS_EQUAL(1, table.bins[9].right);
    DOUBLES_EQUAL(0, table.brier, 0);
}

TEST_GROUP(RuleReport) {
    RulePack pack{.id = "p",
                  .rules = {{.id = "pump", .component = "pump", .failure_mode = "worn"}}};
    KpiRows rows;
    std::vector<Trial> trials;
    std::vector<RuleStanding> standings;
    const WallTime start = wall_from_unix_ms(1'767'225'600'000);

    void setup() override {
        DeviceInfo device;
        device.no = 1;
        device.device_id = "d1";
        device.model = "M";
        device.firmware = "1";
        rows.devices = {device};
    }
    Ticket& ticket(double hour, Decision decision, const char* firmware = "1") {
        Ticket& t = rows.tickets.emplace_back();
        t.id = "t" + std::to_string(rows.tickets.size());
        t.device_no = 1;
        t.device_id = "d1";
        t.model = "M";
        t.firmware = firmware;
        t.component = "pump";
        t.failure_mode = "worn";
        t.rule = "pump@1";
        t.probability = 0.5;
        t.opened_at = t.detected_at = start + hours_ms(hour);
        t.decision = decision;
        if (decision != Decision::undecided) {
            t.state = TicketState::resolved;
            t.resolved_at = start + hours_ms(hour + 10);
        }
        return t;
    }
    void failure(double hour, const std::string& ticket_id = {}) {
        Outcome& o = rows.outcomes.emplace_back();
        o.id = "o" + std::to_string(rows.outcomes.size());
        o.device_no = 1;
        o.ticket_id = ticket_id;
        o.code = OutcomeCode::failure_repaired;
        o.component = "pump";
        o.failed_at = start + hours_ms(hour);
        o.at = start + hours_ms(hour + 1);
    }
    RuleReport report(const std::optional<Costs>& costs = {}) {
        return rule_report(pack, rows, trials, standings, costs);
    }
};

TEST(RuleReport, counts_what_was_decided_and_leaves_the_undecided_out) {
    ticket(0, Decision::confirmed);
    ticket(20, Decision::no_fault_found);
    ticket(40, Decision::other_fault, "2");
    ticket(60, Decision::undecided);
    const RuleReport made = report(Costs{100, 80, 400, "EUR"});
    const RuleLine& line = made.rules.at(0);
    UNSIGNED_LONGS_EQUAL(4, line.total.tickets);
    CHECK(line.total.decided == (DecidedCount{1, 2}));
    DOUBLES_EQUAL(1.0 / 3, *line.total.precision(), 1e-12);
    DOUBLES_EQUAL(1.0 / 3, *line.total.no_fault_found_rate(), 1e-12);
    DOUBLES_EQUAL(300 - 80, *line.total.cost_saved, 1e-12);
    UNSIGNED_LONGS_EQUAL(2, line.cuts.size());
    STRCMP_EQUAL("2", line.cuts[1].firmware.c_str());
    // Pack 0.5 worth 4, then 1 right of 3 on the model, whatever the firmware.
    DOUBLES_EQUAL(3.0 / 7, line.cuts[0].probability, 1e-12);
    DOUBLES_EQUAL(3.0 / 7, line.cuts[1].probability, 1e-12);
    CHECK_FALSE(report().rules[0].total.cost_saved.has_value());
}

TEST(RuleReport, gives_recall_and_lead_time_of_failures_with_a_prediction_open_before) {
    Ticket& open = ticket(0, Decision::confirmed);
    open.resolved_at = start + hours_ms(30);
    failure(24, open.id);
    failure(200);
    Trial trial;
    trial.id = "R1";
    trial.device_no = 1;
    trial.model = "M";
    trial.firmware = "1";
    trial.rule = "pump@1";
    trial.opened_at = start + hours_ms(250);
    trial.ended_at = start + hours_ms(300);
    trial.state = TrialState::confirmed;
    trials = {trial};
    failure(298);
    const RuleFigures total = report().rules.at(0).total;
    UNSIGNED_LONGS_EQUAL(3, total.failures);
    UNSIGNED_LONGS_EQUAL(2, total.foreseen);
    DOUBLES_EQUAL(36, *total.median_lead_h(), 1e-12);  // of 24 and 48
    CHECK(total.decided == (DecidedCount{2, 0}));
}

TEST(RuleReport, says_which_mode_holds_and_keeps_older_versions_apart) {
    ticket(0, Decision::confirmed).rule = "pump@0";
    standings = {{.rule_id = "pump", .version = 1, .no = 1, .mode = RuleMode::shelved}};
    RuleReport made = report();
    UNSIGNED_LONGS_EQUAL(2, made.rules.size());
    CHECK(made.rules[0].in_force && made.rules[0].mode == RuleMode::shelved);
    CHECK(made.rules[0].standing.has_value() && !made.rules[1].in_force);
    standings.push_back({.rule_id = "pump", .version = 0, .no = 2, .mode = RuleMode::shadow});
    made = report();
    CHECK(made.rules[0].mode == RuleMode::live && !made.rules[0].standing.has_value());
}

TEST(RuleReport, charges_a_rule_with_no_failure_that_is_older_than_its_version) {
    // Version 2 came at hour 100. The failure of hour 50 was another version's to foresee; of those
    // at 124 and 300 the first was foreseen 24 hours ahead: 1 of 2, not 1 of 3.
    pack.rules[0].version = 2;
    Ticket& opened = ticket(100, Decision::confirmed);
    opened.rule = "pump@2";
    opened.resolved_at = start + hours_ms(130);
    failure(50);
    failure(124);
    failure(300);
    const RuleSpans spans{{"pump@1", {start, start + hours_ms(100)}},
                          {"pump@2", {start + hours_ms(100), {}}}};
    const RuleLine line = rule_report(pack, rows, {}, {}, {}, spans).rules.at(0);
    UNSIGNED_LONGS_EQUAL(2, line.total.failures);
    UNSIGNED_LONGS_EQUAL(1, line.total.foreseen);
    DOUBLES_EQUAL(0.5, *line.total.recall_share(), 1e-12);
    CHECK(line.covers.from == start + hours_ms(100) && !line.covers.to);
    // An earlier --from makes it no older, a later one asks for less.
    const auto since = [&](double hour) {
        return rule_report(pack, rows, {}, {}, {}, spans, start + hours_ms(hour)).rules.at(0);
    };
    UNSIGNED_LONGS_EQUAL(2, since(10).total.failures);
    UNSIGNED_LONGS_EQUAL(1, since(200).total.failures);
    CHECK(since(200).covers.from == start + hours_ms(200));
    UNSIGNED_LONGS_EQUAL(3, report().rules.at(0).total.failures);
}
