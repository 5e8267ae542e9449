// Outcomes that fit two tickets alike, or none well, wait for a person and touch nothing.
#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

TEST_GROUP(OutcomeReview) {
    Station station;
    Appliance appliance;

    void setup() override {
        station.enrol("wm-1");
    }
    void fault(double hour, std::uint32_t code) {
        station.send(appliance.report(at_h(hour), {appliance.fault(at_h(hour), code)}));
        station.commit_at(at_h(hour));
    }
    /// Two tickets of the pump: pump_blocked of hour 1, pump_noise of hour 2.
    void two_tickets() {
        fault(1, 1);
        fault(2, 4);
        LONGS_EQUAL(2, station.tables().tickets.size());
    }
    Result<CommandReply> report(double hour, OutcomeCode code, const std::string& failure_mode = "",
                                const std::string& component = "pump") {
        station.go_to(at_h(hour));
        Outcome said{.id = "o1"};
        said.tenant = "brand";
        said.device_id = "wm-1";
        said.at = at_h(hour);
        said.code = code;
        said.component = component;
        said.failure_mode = failure_mode;
        return station.command(SubmitOutcome{said});
    }
    Result<CommandReply> assign(const std::string& ticket_id,
                                const std::string& outcome_id = "o1") {
        return station.command(AssignOutcome{.tenant = "brand",
                                             .outcome_id = outcome_id,
                                             .ticket_id = ticket_id,
                                             .who = "api:anna"});
    }
    const Outcome& outcome() {
        LONGS_EQUAL(1, station.tables().outcomes.size());
        return station.tables().outcomes.begin()->second;
    }
    const Ticket& ticket(const std::string& failure_mode) {
        for (const auto& [id, one] : station.tables().tickets) {
            if (one.failure_mode == failure_mode) return one;
        }
        FAIL("no ticket");
        return station.tables().tickets.begin()->second;
    }
    std::size_t open_tickets() {
        return station.engine().statistics().open_ticket_count;
    }
    bool has_new_pump() {
        return station.tables().devices.at(1).state.find("pump") != std::string::npos;
    }
};

// promise: doubtful-outcomes-wait
TEST(OutcomeReview, is_asked_for_when_two_tickets_fit_alike_and_nothing_is_touched) {
    two_tickets();
    const auto reply = report(10, OutcomeCode::preventive_replacement);
    STRCMP_EQUAL("", reply->ticket_id.c_str());
    CHECK(reply->kind == CommandReply::Kind::created);
    CHECK(outcome().review == Review::open && outcome().ticket_id.empty());
    // 0.80 · (1 − ½ · 8/720) and 0.80 · (1 − ½ · 9/720): 80 % and 80 %.
    STRCMP_EQUAL("to be reviewed: two tickets score 80 % and 80 %", outcome().match_reason.c_str());
    STRCMP_EQUAL((R"([{"ticket_id":")" + ticket("pump_noise").id +
                  R"(","score":0.7956,"reason":"same component pump, 8 h after opening"},)" +
                  R"({"ticket_id":")" + ticket("pump_blocked").id +
                  R"(","score":0.795,"reason":"same component pump, 9 h after opening"}])")
                     .c_str(),
                 outcome().candidates_json.c_str());
    LONGS_EQUAL(2, open_tickets());
    CHECK_FALSE(has_new_pump());
    LONGS_EQUAL(1, station.engine().statistics().outcomes_in_review);
}

TEST(OutcomeReview, is_not_needed_when_one_fits_clearly_better) {
    two_tickets();
    CHECK(
        report(10, OutcomeCode::confirmed_fixed, "pump_blocked").has_value());  // 0.95 against 0.80
    CHECK(outcome().review == Review::none);
    STRCMP_EQUAL(ticket("pump_blocked").id.c_str(), outcome().ticket_id.c_str());
}

TEST(OutcomeReview, is_asked_for_below_the_floor) {
    fault(1, 2);
    CHECK(station
              .command(ChangeTicket{.ticket_id = station.ticket().id,
                                    .to = TicketState::scheduled,
                                    .at = station.now().wall})
              .has_value());
    // The only open ticket, 700 h after: 0.50 · (1 − ½ · 700/720) = 0.257.
    CHECK(report(701, OutcomeCode::no_fault_found, "", "").has_value());
    STRCMP_EQUAL("to be reviewed: the best ticket scores 26 %, below 30 %",
                 outcome().match_reason.c_str());
}

// promise: doubtful-outcomes-wait
TEST(OutcomeReview, ends_with_a_ticket_that_a_person_names_over_a_restart) {
    two_tickets();
    CHECK(report(10, OutcomeCode::preventive_replacement).has_value());
    station.restart();
    LONGS_EQUAL(1, station.engine().statistics().outcomes_in_review);
    const std::string chosen = ticket("pump_blocked").id;
    CHECK(assign("Tnone").error().code == Errc::invalid);
    CHECK(assign(chosen, "o9").error().code == Errc::not_found);
    const auto reply = assign(chosen);
    STRCMP_EQUAL(chosen.c_str(), reply->ticket_id.c_str());
    CHECK(ticket("pump_blocked").state == TicketState::resolved);
    CHECK(outcome().review == Review::decided && outcome().match_score == 1);
    STRCMP_EQUAL("assigned by api:anna", outcome().match_reason.c_str());
    CHECK(has_new_pump());
    LONGS_EQUAL(0, station.engine().statistics().outcomes_in_review);
    LONGS_EQUAL(1, station.engine().statistics().outcomes_reviewed);
    CHECK(assign(chosen)->kind == CommandReply::Kind::unchanged);
    CHECK(assign(ticket("pump_noise").id).error().code == Errc::invalid);
}

TEST(OutcomeReview, that_finds_no_ticket_meant_makes_a_failure_a_ticket_of_its_own) {
    two_tickets();
    CHECK(report(10, OutcomeCode::failure_repaired).has_value());
    CHECK(assign("")->kind == CommandReply::Kind::updated);
    LONGS_EQUAL(3, station.tables().tickets.size());
    const Ticket& missed = station.tables().tickets.at(outcome().ticket_id);
    CHECK(missed.origin == Origin::reactive && missed.state == TicketState::resolved);
    LONGS_EQUAL(2, open_tickets());
}

TEST(OutcomeReview, ends_when_the_same_outcome_comes_with_a_ticket) {
    two_tickets();
    CHECK(report(10, OutcomeCode::confirmed_fixed).has_value());
    CHECK(report(10, OutcomeCode::confirmed_fixed)->kind == CommandReply::Kind::unchanged);
    Outcome again = outcome();
    again.ticket_id = ticket("pump_noise").id;
    again.review = Review::none;
    CHECK(station.command(SubmitOutcome{again})->kind == CommandReply::Kind::updated);
    CHECK(outcome().review == Review::none);
    CHECK(ticket("pump_noise").state == TicketState::resolved);
    LONGS_EQUAL(0, station.engine().statistics().outcomes_in_review);
}

TEST(OutcomeReview, waits_however_long) {
    two_tickets();
    CHECK(report(10, OutcomeCode::preventive_replacement).has_value());
    station.commit_at(at_h(24 * 100));
    station.restart();
    station.commit_at(at_h(24 * 101));
    CHECK(assign("").has_value());
}
