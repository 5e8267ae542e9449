// Probabilities from outcomes, rules that shelve themselves, and predictions without tickets, with
// the whole collector around them.
#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

// The rules of washing_rules() by fault code: 1 pump (live), 2 belt (live), 3 lid (shadow).
TEST_GROUP(RuleBook) {
    /// Many devices in a short time are what is wanted here.
    static Settings settings() {
        Settings settings = Station::default_settings();
        settings.problems.guard = false;
        return settings;
    }
    Station station{settings()};
    std::map<std::string, Appliance> fleet;
    int outcomes = 0;

    void fault(const std::string& device, double hour, std::uint32_t code) {
        if (!fleet.contains(device)) {
            fleet[device].id = device;
            station.enrol(device);
        }
        station.send(fleet[device].report(at_h(hour), {fleet[device].fault(at_h(hour), code)}));
        station.commit_at(at_h(hour));
    }
    void read(const std::string& device, double hour) {
        station.send(fleet[device].report(at_h(hour), {fleet[device].reading(at_h(hour))}));
        station.commit_at(at_h(hour));
    }
    void outcome(const std::string& device, double hour, OutcomeCode code,
                 const std::string& component, std::string id = {}) {
        station.go_to(at_h(hour));
        Outcome said{.id = id.empty() ? "o" + std::to_string(++outcomes) : std::move(id)};
        said.tenant = "brand";
        said.device_id = device;
        said.at = at_h(hour);
        said.code = code;
        said.component = component;
        CHECK(station.command(SubmitOutcome{said}).has_value());
    }
    /// A ticket of the pump rule that turns out wrong or right, on a device of its own.
    void pump_ticket(int no, bool was_right) {
        const std::string device = "d" + std::to_string(no);
        fault(device, no, 1);
        outcome(device, no + 0.5,
                was_right ? OutcomeCode::confirmed_fixed : OutcomeCode::no_fault_found, "pump");
    }
    double probability_of(const std::string& device) {
        for (const auto& [id, ticket] : station.tables().tickets) {
            if (ticket.device_id == device) return ticket.probability;
        }
        FAIL("no ticket");
        return 0;
    }
    const Trial& trial(const std::string& device) {
        for (const auto& [id, trial] : station.tables().trials) {
            if (trial.device_id == device) return trial;
        }
        FAIL("no trial");
        return station.tables().trials.begin()->second;
    }
    std::string state_of(const std::string& device) {
        return std::string(to_string(trial(device).state));
    }
    std::size_t tickets() {
        return station.tables().tickets.size();
    }
};

TEST(RuleBook, gives_a_ticket_the_probability_that_outcomes_have_shown) {
    // Pack 0.6 worth 4 decisions; then 1 right of 2: (2.4 + 1) ÷ (4 + 2).
    pump_ticket(1, true);
    pump_ticket(2, false);
    fault("next", 5, 1);
    DOUBLES_EQUAL(0.6, probability_of("d1"), 1e-12);
    DOUBLES_EQUAL(3.4 / 5, probability_of("d2"), 1e-12);
    DOUBLES_EQUAL(3.4 / 6, probability_of("next"), 1e-12);
    // What a start reads from the store is what the engine had.
    station.restart();
    fault("after", 6, 1);
    DOUBLES_EQUAL(3.4 / 6, probability_of("after"), 1e-12);
}

TEST(RuleBook, counts_undecided_tickets_nowhere) {
    fault("declined", 1, 1);
    outcome("declined", 2, OutcomeCode::customer_declined, "pump");
    fault("planned", 3, 1);
    outcome("planned", 4, OutcomeCode::preventive_replacement, "pump");
    fault("lapsed", 5, 1);
    station.commit_at(at_h(200));
    fault("next", 201, 1);
    DOUBLES_EQUAL(0.6, probability_of("next"), 1e-12);
}

TEST(RuleBook, restates_what_a_correction_restates) {
    pump_ticket(1, true);
    outcome("d1", 2, OutcomeCode::no_fault_found, "pump", "o1");
    fault("next", 3, 1);
    DOUBLES_EQUAL(2.4 / 5, probability_of("next"), 1e-12);
    outcome("d1", 4, OutcomeCode::customer_declined, "pump", "o1");
    fault("third", 5, 1);
    DOUBLES_EQUAL(0.6, probability_of("third"), 1e-12);
}

TEST(RuleBook, leaves_a_prediction_as_it_was_made_when_the_same_rule_fires_again) {
    fault("w", 1, 1);
    pump_ticket(2, true);
    fault("w", 4, 1);
    DOUBLES_EQUAL(0.6, probability_of("w"), 1e-12);
    fault("w", 5, 5);  // "burst": another rule of the same failure mode, pack 0.9
    DOUBLES_EQUAL(0.9, probability_of("w"), 1e-12);
}

// promise: rule-floor
TEST(RuleBook, shelves_a_rule_whose_precision_is_surely_below_its_floor) {
    // Floor 0.25, at least 20 decided. 1 right of 20: Wilson 0.9 % … 23.6 %.
    pump_ticket(1, true);
    for (int no = 2; no <= 19; ++no) pump_ticket(no, false);
    CHECK(station.tables().standings.empty());
    fault("open", 19.8, 1);
    pump_ticket(20, false);
    UNSIGNED_LONGS_EQUAL(1, station.tables().standings.size());
    const RuleStanding& shelved = station.tables().standings.begin()->second;
    STRCMP_EQUAL("pump", shelved.rule_id.c_str());
    CHECK(shelved.mode == RuleMode::shelved && shelved.at == at_h(20.5) && shelved.no == 1);
    STRCMP_EQUAL("engine", shelved.who.c_str());
    STRCMP_EQUAL(
        "right in 1 of 20 decided predictions = 5 % (95 % interval 1 to 24), below its floor of "
        "25 %",
        shelved.why.c_str());
    UNSIGNED_LONGS_EQUAL(1, station.engine().statistics().rules_shelved);
    // From now on it is scored and opens nothing, after a restart too.
    const std::size_t before = tickets();
    fault("later", 21, 1);
    station.restart();
    fault("latest", 22, 1);
    UNSIGNED_LONGS_EQUAL(before, tickets());
    UNSIGNED_LONGS_EQUAL(2, station.engine().statistics().trials_running);
    DOUBLES_EQUAL(3.4 / 24, trial("later").probability, 1e-12);
}

TEST(RuleBook, judges_a_promoted_rule_by_what_comes_after) {
    for (int no = 1; no <= 20; ++no) pump_ticket(no, false);
    const ChangeRule promote{"pump", RuleMode::live, "cli", "the sensor was replaced"};
    CHECK(station.command(promote)->kind == CommandReply::Kind::updated);
    CHECK(station.command(promote)->kind == CommandReply::Kind::unchanged);
    for (int no = 21; no <= 39; ++no) pump_ticket(no, false);
    UNSIGNED_LONGS_EQUAL(2, station.tables().standings.size());
    pump_ticket(40, false);
    UNSIGNED_LONGS_EQUAL(3, station.tables().standings.size());
    STRCMP_CONTAINS("right in 0 of 20", station.tables().standings.at({"pump", 3}).why.c_str());
}

TEST(RuleBook, changes_a_mode_only_of_a_rule_in_force_and_with_a_reason) {
    CHECK(station.command(ChangeRule{"nobody", RuleMode::live, "cli", "x"}).error().code ==
          Errc::not_found);
    CHECK(station.command(ChangeRule{"pump", RuleMode::shelved, "cli", ""}).error().code ==
          Errc::invalid);
}

TEST(RuleBook, promotes_a_shadow_rule_to_tickets) {
    fault("w1", 1, 3);
    UNSIGNED_LONGS_EQUAL(0, tickets());
    CHECK(station.command(ChangeRule{"lid", RuleMode::live, "cli", "3 of 3"}).has_value());
    fault("w2", 2, 3);
    UNSIGNED_LONGS_EQUAL(1, tickets());
}

TEST(RuleBook, decides_a_trial_by_the_outcomes_of_its_device_and_component) {
    for (const char* device : {"fixed", "nothing", "other", "planned", "else", "declined"}) {
        fault(device, 1, 3);
    }
    outcome("fixed", 2, OutcomeCode::failure_repaired, "lid");
    outcome("nothing", 2, OutcomeCode::no_fault_found, "lid");
    outcome("planned", 2, OutcomeCode::preventive_replacement, "lid");
    outcome("else", 2, OutcomeCode::failure_repaired, "belt");
    outcome("declined", 2, OutcomeCode::customer_declined, "lid");
    STRCMP_EQUAL("confirmed", state_of("fixed").c_str());
    STRCMP_EQUAL("no_fault_found", state_of("nothing").c_str());
    STRCMP_EQUAL("censored", state_of("planned").c_str());
    STRCMP_EQUAL("running", state_of("else").c_str());
    STRCMP_EQUAL("running", state_of("declined").c_str());
    UNSIGNED_LONGS_EQUAL(3, station.engine().statistics().trials_running);
    // The two that are right or wrong count: pack 0.6 × 4 + 1 right of 2.
    fault("next", 3, 3);
    DOUBLES_EQUAL(3.4 / 6, trial("next").probability, 1e-12);
}

TEST(RuleBook, calls_a_trial_wrong_when_its_horizon_passes_on_a_device_that_is_heard) {
    fault("heard", 1, 3);
    fault("silent", 1, 3);
    read("heard", 20);  // the last quarter of 24 h begins at 19 h
    station.commit_at(at_h(24.9));
    STRCMP_EQUAL("running", state_of("heard").c_str());
    station.commit_at(at_h(25));
    STRCMP_EQUAL("no_failure", state_of("heard").c_str());
    STRCMP_EQUAL("censored", state_of("silent").c_str());
    CHECK(trial("heard").ended_at == at_h(25));
}

TEST(RuleBook, restates_a_trial_by_late_and_corrected_outcomes) {
    fault("w", 1, 3);
    read("w", 24);
    station.commit_at(at_h(30));
    STRCMP_EQUAL("no_failure", state_of("w").c_str());
    station.restart();
    station.go_to(at_h(60));
    Outcome late{.id = "late", .tenant = "brand", .device_id = "w", .at = at_h(50)};
    late.code = OutcomeCode::failure_repaired;
    late.component = "lid";
    CHECK(station.command(SubmitOutcome{late}).has_value());
    STRCMP_EQUAL("no_failure", state_of("w").c_str());  // it failed when the horizon was over
    late.failed_at = at_h(22);
    CHECK(station.command(SubmitOutcome{late}).has_value());
    STRCMP_EQUAL("confirmed", state_of("w").c_str());
    STRCMP_EQUAL("late", trial("w").outcome_id.c_str());
    late.component = "belt";
    CHECK(station.command(SubmitOutcome{late}).has_value());
    STRCMP_EQUAL("no_failure", state_of("w").c_str());
}

TEST(RuleBook, runs_one_trial_per_device_and_rule_and_none_that_comes_too_late) {
    fault("w", 1, 3);
    fault("w", 2, 3);
    UNSIGNED_LONGS_EQUAL(1, station.tables().trials.size());
    station.send(fleet["w"].report(at_h(40), {fleet["w"].fault(at_h(3), 3)}));
    station.commit_at(at_h(40));
    station.commit_at(at_h(41));
    UNSIGNED_LONGS_EQUAL(1, station.tables().trials.size());
    fault("w", 42, 3);
    UNSIGNED_LONGS_EQUAL(2, station.tables().trials.size());
}
