#include "collector/core/desk/matching.hpp"
#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;
using enum TicketState;
using enum OutcomeCode;

TEST_GROUP(Outcomes) {
    /// A fault that comes again is wanted as a ticket of its own here.
    static Settings settings() {
        Settings settings = Station::default_settings();
        settings.verify_after = {};
        return settings;
    }
    Station station{settings()};
    Appliance appliance;

    void setup() override {
        station.enrol("wm-1");
        fault(0, 99);  // telemetry begins; no rule knows this code
    }
    void fault(double hour, std::uint32_t code) {
        station.go_to(at_h(hour));
        station.send(appliance.report(at_h(hour), {appliance.fault(at_h(hour), code)}));
        station.commit();
    }
    CommandReply submit(double hour, Outcome outcome) {
        auto reply = try_submit(hour, std::move(outcome));
        if (!reply) FAIL(reply.error().message.c_str());
        return *reply;
    }
    Result<CommandReply> try_submit(double hour, Outcome outcome) {
        station.go_to(at_h(hour));
        outcome.tenant = "brand";
        outcome.device_id = "wm-1";
        outcome.at = at_h(hour);
        if (outcome.id.empty()) outcome.id = "o" + std::to_string(++outcomes);
        return station.command(SubmitOutcome{outcome});
    }
    int outcomes = 0;
    const Outcome& stored(const std::string& id) {
        return station.tables().outcomes.at(id);
    }
    const Ticket& ticket(const std::string& id) {
        return station.tables().tickets.at(id);
    }
};

TEST(Outcomes, by_ticket_id_decides_and_resolves) {
    fault(5, 2);
    const auto reply = submit(20, {.ticket_id = station.ticket().id,
                                   .code = confirmed_fixed,
                                   .component = "belt",
                                   .visit_count = 2,
                                   .avoidable_cause = "overload",
                                   .not_solvable_at_first_contact = true});
    STRCMP_EQUAL(station.ticket().id.c_str(), reply.ticket_id.c_str());
    const Ticket& t = station.ticket();
    CHECK(t.state == resolved && *t.resolved_at == at_h(20));
    CHECK(t.decision == Decision::confirmed && *t.outcome == confirmed_fixed);
    UNSIGNED_LONGS_EQUAL(2, t.visit_count);
    CHECK_TRUE(t.not_solvable_at_first_contact && !t.failed_at);
    STRCMP_EQUAL("overload", t.avoidable_cause.c_str());
    DOUBLES_EQUAL(1.0, stored("o1").match_score, 0);
    STRCMP_EQUAL("ticket id", stored("o1").match_reason.c_str());
}

TEST(Outcomes, decide_by_what_was_found) {
    fault(5, 2);
    submit(20, {.ticket_id = station.ticket().id, .code = other_fault_fixed, .component = "pump"});
    CHECK(station.ticket().decision == Decision::other_fault);
}

TEST(Outcomes, matched_by_failure_mode_component_or_as_the_only_one) {
    struct Row {
        Outcome outcome;
        double score;  ///< hand-worked: what · (1 − ½ · 72/720)
        const char* reason;
    };
    const Row table[] = {
        {{.code = confirmed_fixed, .component = "belt", .failure_mode = "belt_worn"},
         0.95 * 0.95,
         "same failure mode belt_worn, 72 h after opening"},
        {{.code = confirmed_fixed, .component = "belt"},
         0.80 * 0.95,
         "same component belt, 72 h after opening"},
        {{.code = no_fault_found, .component = "pump"},
         0.50 * 0.95,
         "the only open ticket of the device, 72 h after opening"},
        {{.code = confirmed_fixed},
         0.50 * 0.95,
         "the only open ticket of the device, 72 h after opening"},
    };
    double hour = 100;
    for (const Row& row : table) {
        fault(hour, 2);
        Outcome outcome = row.outcome;
        outcome.id = "row" + std::to_string(int(hour));
        const std::string open_id = [&] {
            for (const auto& [id, t] : station.tables().tickets) {
                if (is_open(t.state)) return id;
            }
            return std::string{};
        }();
        CHECK_TRUE(
            station.command(ChangeTicket{.ticket_id = open_id, .to = scheduled, .at = at_h(hour)})
                .has_value());
        const auto reply = submit(hour + 72, outcome);
        STRCMP_EQUAL(open_id.c_str(), reply.ticket_id.c_str());
        DOUBLES_EQUAL(row.score, stored(outcome.id).match_score, 1e-9);
        STRCMP_EQUAL(row.reason, stored(outcome.id).match_reason.c_str());
        CHECK(ticket(open_id).state == resolved);
        hour += 1000;
    }
}

TEST(Outcomes, of_another_component_or_before_the_detection_match_nothing) {
    fault(50, 2);
    const std::string belt = station.ticket().id;
    submit(60, {.code = failure_repaired, .component = "pump"});
    LONGS_EQUAL(2, station.tables().tickets.size());
    Outcome early{.id = "early",
                  .tenant = "brand",
                  .device_id = "wm-1",
                  .at = at_h(40),
                  .code = failure_repaired,
                  .component = "belt"};
    CHECK_TRUE(station.command(SubmitOutcome{early}).has_value());
    LONGS_EQUAL(3, station.tables().tickets.size());
    CHECK(ticket(belt).state == open);
}

TEST(Outcomes, a_missed_failure_becomes_a_resolved_reactive_ticket) {
    const auto reply =
        submit(30, {.code = failure_repaired, .component = "pump", .failure_mode = "pump_noise"});
    const Ticket& t = ticket(reply.ticket_id);
    CHECK(t.origin == Origin::reactive && t.state == resolved);
    CHECK(*t.failed_at == at_h(30) && *t.resolved_at == at_h(30) && t.opened_at == at_h(30));
    STRCMP_EQUAL("pump_noise", t.failure_mode.c_str());
    CHECK(t.decision == Decision::undecided);
    UNSIGNED_LONGS_EQUAL(1, t.visit_count);
    const auto known_failure = submit(80, {.code = unit_replaced, .failed_at = at_h(70)});
    const Ticket& u = ticket(known_failure.ticket_id);
    CHECK(*u.failed_at == at_h(70) && u.opened_at == at_h(70) && *u.resolved_at == at_h(80));
}

TEST(Outcomes, what_needs_no_ticket_gets_none) {
    for (const OutcomeCode code :
         {no_fault_found, self_resolved, preventive_replacement, customer_declined}) {
        const auto reply = submit(30, {.code = code, .component = "pump"});
        STRCMP_EQUAL("", reply.ticket_id.c_str());
    }
    LONGS_EQUAL(4, station.tables().outcomes.size());
    LONGS_EQUAL(0, station.tables().tickets.size());
}

TEST(Outcomes, from_before_the_first_telemetry_only_begin_a_part_life) {
    Outcome past{.id = "past",
                 .tenant = "brand",
                 .device_id = "wm-1",
                 .at = wall_from_unix_ms(kStartMs - 1),
                 .code = failure_repaired,
                 .component = "belt"};
    const auto reply = station.command(SubmitOutcome{past});
    STRCMP_EQUAL("", reply->ticket_id.c_str());
    LONGS_EQUAL(0, station.tables().tickets.size());
    STRCMP_EQUAL("before the device's first telemetry", stored("past").match_reason.c_str());
}

TEST(Outcomes, a_replaced_part_begins_a_new_life) {
    fault(5, 2);
    CHECK_TRUE(station.tables().devices.at(1).state.find("belt") == std::string::npos);
    submit(6, {.code = preventive_replacement, .component = "belt"});
    CHECK(station.ticket().state == resolved);
    CHECK(station.ticket().decision == Decision::undecided);  // censored, not false
    CHECK_TRUE(station.tables().devices.at(1).state.find("belt") != std::string::npos);
}

TEST(Outcomes, repeated_change_nothing_even_after_a_restart) {
    fault(5, 2);
    submit(20, {.id = "x", .code = confirmed_fixed, .component = "belt"});
    const auto version = station.ticket().version;
    station.restart();
    Outcome same = {.id = "x", .code = confirmed_fixed, .component = "belt"};
    const auto again = submit(20, same);
    CHECK(again.kind == CommandReply::Kind::unchanged);
    STRCMP_EQUAL(station.ticket().id.c_str(), again.ticket_id.c_str());
    UNSIGNED_LONGS_EQUAL(version, station.ticket().version);
    UNSIGNED_LONGS_EQUAL(1, station.ticket().visit_count);
}

TEST(Outcomes, corrected_restate_the_ticket) {
    fault(5, 2);
    submit(20, {.id = "x", .code = confirmed_fixed, .component = "belt", .visit_count = 3});
    const auto reply = submit(20, {.id = "x", .code = no_fault_found, .visit_count = 1});
    CHECK(reply.kind == CommandReply::Kind::updated);
    const Ticket& t = station.ticket();
    CHECK(t.decision == Decision::no_fault_found && *t.outcome == no_fault_found);
    UNSIGNED_LONGS_EQUAL(1, t.visit_count);
    LONGS_EQUAL(1, station.tables().outcomes.size());
    STRCMP_CONTAINS("corrected", station.tables().events.at({t.id, t.version}).why.c_str());
}

TEST(Outcomes, corrected_to_another_ticket_are_taken_back_from_the_first) {
    fault(5, 2);
    const std::string belt = station.ticket().id;
    const auto missed = submit(20, {.id = "x", .code = failure_repaired, .component = "pump"});
    CHECK_TRUE(missed.ticket_id != belt);
    submit(20, {.id = "x", .ticket_id = belt, .code = failure_repaired, .component = "belt"});
    CHECK(ticket(missed.ticket_id).state == merged);
    CHECK(!ticket(missed.ticket_id).outcome);
    CHECK(ticket(belt).decision == Decision::confirmed && ticket(belt).state == resolved);
}

TEST(Outcomes, reported_late_find_the_ticket_that_lapsed_since) {
    fault(5, 2);
    station.commit_at(at_h(77));
    CHECK(station.ticket().state == lapsed);
    Outcome late{.id = "late",
                 .tenant = "brand",
                 .device_id = "wm-1",
                 .at = at_h(60),
                 .code = failure_repaired,
                 .component = "belt"};
    CHECK_TRUE(station.command(SubmitOutcome{late}).has_value());
    CHECK(station.ticket().state == resolved && station.ticket().decision == Decision::confirmed);
    CHECK(*station.ticket().failed_at == at_h(60));
    // What happened after the lapse is a failure of its own.
    submit(90, {.code = failure_repaired, .component = "belt"});
    LONGS_EQUAL(2, station.tables().tickets.size());
}

TEST(Outcomes, a_declined_visit_ends_the_ticket_undecided) {
    fault(5, 2);
    submit(20, {.ticket_id = station.ticket().id, .code = customer_declined, .visit_count = 0});
    CHECK(station.ticket().state == dismissed);
    CHECK(station.ticket().decision == Decision::undecided);
}

TEST(Outcomes, from_a_desk_whose_clock_is_behind_end_the_ticket_when_it_began) {
    fault(5, 2);
    Outcome early{.id = "e",
                  .tenant = "brand",
                  .device_id = "wm-1",
                  .at = at_h(4.5),
                  .code = confirmed_fixed,
                  .component = "belt"};
    CHECK_TRUE(station.command(SubmitOutcome{early}).has_value());
    CHECK(station.ticket().state == resolved && *station.ticket().resolved_at == at_h(5));
}

TEST(Outcomes, bad_ones_are_refused_with_the_reason) {
    fault(5, 2);
    CHECK(try_submit(20, {.ticket_id = "Tnone"}).error().code == Errc::not_found);
    CHECK(try_submit(20, {.id = std::string(200, 'x')}).error().code == Errc::invalid);
    Outcome stranger{.id = "s", .tenant = "brand", .device_id = "nobody", .at = at_h(1)};
    CHECK(station.command(SubmitOutcome{stranger}).error().code == Errc::not_found);
    stranger.ticket_id = station.ticket().id;
    CHECK(station.command(SubmitOutcome{stranger}).error().code == Errc::invalid);
    stranger = {.id = "s", .tenant = "brand", .device_id = "wm-1", .at = at_h(100)};
    CHECK(station.command(SubmitOutcome{stranger}).error().code == Errc::invalid);
    LONGS_EQUAL(0, station.tables().outcomes.size());
}
