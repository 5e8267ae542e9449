#include "tests/unit/collector_kpi/kpi_fixture.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

namespace {

const WallTime kFrom = day(0);
const WallTime kTo = day(30);

}  // namespace

TEST_GROUP(ProactiveContact) {
    KpiWorld world;

    void contacted(const char* id, WallTime at, bool outbound) {
        Ticket& ticket = world.ticket(id, 1, Origin::predicted, day(-5));
        ticket.contacted_at = at;
        ticket.first_contact_outbound = outbound;
    }
};

TEST(ProactiveContact, is_outbound_first_contacts_of_all_first_contacts) {
    contacted("a", day(1), true);
    contacted("b", day(2), true);
    contacted("c", day(3), false);
    world.ticket("never_contacted", 1, Origin::predicted, day(1));
    const Kpi kpi = world.kpi("proactive_contact_rate", kFrom, kTo);
    CHECK_RATE(2, 3, kpi);
    LONGS_EQUAL(2, kpi.numerator_ids.size());
    STRCMP_EQUAL("b", kpi.numerator_ids[1].c_str());
    STRCMP_EQUAL("c", kpi.denominator_ids[2].c_str());
    // Wilson of 2/3: 0.2077 … 0.9385.
    DOUBLES_EQUAL(20.77, *kpi.low, 0.01);
    DOUBLES_EQUAL(93.85, *kpi.high, 0.01);
}

TEST(ProactiveContact, counts_in_the_period_of_the_first_contact_from_inclusive_to_exclusive) {
    contacted("at_from", kFrom, true);
    contacted("at_to", kTo, true);
    contacted("before", kFrom - milliseconds{1}, true);
    CHECK_RATE(1, 1, world.kpi("proactive_contact_rate", kFrom, kTo));
}

TEST(ProactiveContact, of_nobody_is_undefined) {
    const Kpi kpi = world.kpi("proactive_contact_rate", kFrom, kTo);
    CHECK_FALSE(kpi.value.has_value());
    CHECK_FALSE(kpi.low.has_value());
    DOUBLES_EQUAL(0, kpi.denominator, 0);
}

TEST_GROUP(LeadTime) {
    KpiWorld world;

    Ticket& predicted(const char* id, WallTime outbound_at) {
        Ticket& ticket = world.ticket(id, 1, Origin::predicted, day(1));
        ticket.first_outbound_at = outbound_at;
        return ticket;
    }
};

TEST(LeadTime, is_failure_minus_first_outbound_contact_and_negative_ones_stay) {
    predicted("early", hour(100));
    world.outcome("early", 1, hour(130), OutcomeCode::failure_repaired).failed_at = hour(124);
    predicted("late", hour(200));
    world.outcome("late", 1, hour(210), OutcomeCode::failure_repaired).failed_at = hour(194);
    const Kpi kpi = world.kpi("proactive_lead_time", kFrom, kTo);
    DOUBLES_EQUAL(2, kpi.denominator, 0);
    DOUBLES_EQUAL(9, *kpi.mean, 1e-9);  // (24 − 6) / 2
    DOUBLES_EQUAL(9, *kpi.value, 1e-9);
    DOUBLES_EQUAL(18, kpi.numerator, 1e-9);
}

TEST(LeadTime, needs_both_times_and_waits_for_the_outcome) {
    predicted("no_failure", hour(30));
    world.outcome("no_failure", 1, hour(60), OutcomeCode::confirmed_fixed);
    predicted("called", hour(30)).failed_at = hour(50);  // no outcome yet
    world.ticket("no_contact", 1, Origin::predicted, day(1));
    world.outcome("no_contact", 1, hour(60), OutcomeCode::failure_repaired);
    const Kpi kpi = world.kpi("proactive_lead_time", kFrom, kTo);
    CHECK_FALSE(kpi.value.has_value());
    LONGS_EQUAL(1, kpi.pending);
}

TEST(LeadTime, is_counted_at_the_outcome) {
    predicted("a", day(2));
    world.outcome("a", 1, day(31), OutcomeCode::failure_repaired).failed_at = day(5);
    DOUBLES_EQUAL(0, world.kpi("proactive_lead_time", kFrom, kTo).denominator, 0);
    DOUBLES_EQUAL(72, *world.kpi("proactive_lead_time", kTo, day(60)).value, 1e-9);
}

TEST_GROUP(Precision) {
    KpiWorld world;

    void decided(const char* id, OutcomeCode code, const char* component, WallTime at = day(3)) {
        world.ticket(id, 1, Origin::predicted, day(1));
        world.outcome(id, 1, at, code, component);
    }
};

TEST(Precision, is_confirmed_of_decided_and_shows_undecided_apart) {
    decided("a", OutcomeCode::confirmed_fixed, "pump");
    decided("b", OutcomeCode::failure_repaired, "pump");
    decided("c", OutcomeCode::no_fault_found, "");
    decided("d", OutcomeCode::other_fault_fixed, "heater");
    decided("planned", OutcomeCode::preventive_replacement, "pump");
    decided("declined", OutcomeCode::customer_declined, "");
    world.ticket("waiting", 1, Origin::predicted, day(29));
    world.ticket("called", 1, Origin::reactive, day(1));
    world.outcome("called", 1, day(2), OutcomeCode::confirmed_fixed);
    const Kpi kpi = world.kpi("prediction_precision", kFrom, kTo);
    CHECK_RATE(2, 4, kpi);
    LONGS_EQUAL(3, kpi.pending);
}

TEST(Precision, takes_the_last_deciding_outcome_known) {
    decided("a", OutcomeCode::no_fault_found, "", day(3));
    world.outcome("a", 1, day(9), OutcomeCode::confirmed_fixed, "pump");
    world.outcome("a", 1, day(12), OutcomeCode::customer_declined, "");
    CHECK_RATE(1, 1, world.kpi("prediction_precision", kFrom, kTo));
    CHECK_RATE(0, 1, world.kpi("prediction_precision", kFrom, day(9)));
}

TEST(Precision, a_late_outcome_belongs_to_its_own_period) {
    decided("a", OutcomeCode::confirmed_fixed, "pump", day(31));
    LONGS_EQUAL(1, world.kpi("prediction_precision", kFrom, kTo).pending);
    // Restated later, it is no longer pending in January, and counts in February.
    LONGS_EQUAL(0, world.kpi("prediction_precision", Period{kFrom, kTo, day(60)}).pending);
    CHECK_RATE(1, 1, world.kpi("prediction_precision", kTo, day(60)));
}

TEST_GROUP(Recall) {
    KpiWorld world;

    Kpi recall() {
        return world.kpi("prediction_recall", kFrom, kTo);
    }
};

TEST(Recall, counts_failures_with_an_open_prediction_for_that_component) {
    world.ticket("hit", 1, Origin::predicted, day(1));
    world.outcome("hit", 1, day(3), OutcomeCode::failure_repaired);
    world.ticket("miss", 2, Origin::reactive, day(2));
    world.outcome("miss", 2, day(3), OutcomeCode::confirmed_fixed);
    const Kpi kpi = recall();
    CHECK_RATE(1, 2, kpi);
    STRCMP_EQUAL("hit", kpi.numerator_ids[0].c_str());
}

TEST(Recall, a_prediction_at_the_instant_of_failure_or_for_another_part_is_too_late) {
    world.ticket("same_instant", 1, Origin::predicted, day(3));
    world.outcome("same_instant", 1, day(4), OutcomeCode::failure_repaired).failed_at = day(3);
    world.ticket("other_part", 2, Origin::predicted, day(1), "heater");
    world.outcome("other_part", 2, day(3), OutcomeCode::failure_repaired, "pump");
    CHECK_RATE(0, 2, recall());
}

TEST(Recall, a_prediction_that_ended_before_the_failure_does_not_count) {
    world.ticket("lapsed", 1, Origin::predicted, day(1));
    world.change("lapsed", day(5), TicketState::lapsed);
    world.ticket("call", 1, Origin::reactive, day(9));
    world.outcome("call", 1, day(10), OutcomeCode::failure_repaired).failed_at = day(9);
    CHECK_RATE(0, 1, recall());
}

TEST(Recall, a_fault_caught_before_loss_of_function_is_no_failure) {
    world.ticket("caught", 1, Origin::predicted, day(1));
    world.outcome("caught", 1, day(3), OutcomeCode::confirmed_fixed);
    world.ticket("nothing", 2, Origin::reactive, day(1));
    world.outcome("nothing", 2, day(3), OutcomeCode::no_fault_found);
    CHECK_FALSE(recall().value.has_value());
}

TEST_GROUP(FalseAlarms) {
    KpiWorld world;

    void no_fault(const char* id, WallTime at) {
        world.ticket(id, 1, Origin::predicted, day(-20));
        world.outcome(id, 1, at, OutcomeCode::no_fault_found);
    }
};

TEST(FalseAlarms, are_per_thousand_device_months_of_telemetry) {
    // 2 devices over the whole period and one that came half-way: 2.5 × 30.4375 days.
    const WallTime to = day(30.4375);
    for (DeviceNo no = 1; no <= 2; ++no) {
        DeviceInfo& device = world.device(no);
        device.first_seen_at = day(-100);
        device.last_seen_at = day(100);
    }
    DeviceInfo& late = world.device(3);
    late.first_seen_at = day(30.4375 / 2);
    late.last_seen_at = day(100);
    DeviceInfo& gone = world.device(4);
    gone.first_seen_at = day(-100);
    gone.last_seen_at = day(-1);
    no_fault("a", day(3));
    no_fault("outside", day(-3));
    const Kpi kpi = world.kpi("false_alarm_load", kFrom, to);
    DOUBLES_EQUAL(2.5, kpi.denominator, 1e-9);
    DOUBLES_EQUAL(1, kpi.numerator, 0);
    DOUBLES_EQUAL(400, *kpi.value, 1e-6);
    CHECK_TRUE(*kpi.low < 400 && *kpi.high > 400);
}

TEST(FalseAlarms, without_any_exposure_are_undefined) {
    no_fault("a", day(3));
    CHECK_FALSE(world.kpi("false_alarm_load", kFrom, kTo).value.has_value());
}

TEST_GROUP(PreventedFailures) {
    KpiWorld world;
};

TEST(PreventedFailures, are_confirmed_and_resolved_before_loss_of_function) {
    world.ticket("prevented", 1, Origin::predicted, day(1));
    world.outcome("prevented", 1, day(3), OutcomeCode::confirmed_fixed);
    world.change("prevented", day(3), TicketState::resolved);
    world.ticket("failed_first", 2, Origin::predicted, day(1));
    world.outcome("failed_first", 2, day(3), OutcomeCode::confirmed_fixed).failed_at = day(2);
    world.change("failed_first", day(3), TicketState::resolved);
    world.ticket("not_resolved", 3, Origin::predicted, day(1));
    world.outcome("not_resolved", 3, day(3), OutcomeCode::confirmed_fixed);
    world.ticket("not_confirmed", 4, Origin::predicted, day(1));
    world.outcome("not_confirmed", 4, day(3), OutcomeCode::no_fault_found);
    world.change("not_confirmed", day(3), TicketState::resolved);
    const Kpi kpi = world.kpi("prevented_failures", kFrom, kTo);
    DOUBLES_EQUAL(1, *kpi.value, 0);
    STRCMP_EQUAL("prevented", kpi.numerator_ids.at(0).c_str());
}

TEST(PreventedFailures, of_nothing_are_zero_because_a_count_is_always_defined) {
    DOUBLES_EQUAL(0, *world.kpi("prevented_failures", kFrom, kTo).value, 0);
}

TEST_GROUP(DetectionToContact) {
    KpiWorld world;
};

TEST(DetectionToContact, runs_from_event_time_and_leaves_calls_out) {
    Ticket& ticket = world.ticket("a", 1, Origin::predicted, hour(10));
    ticket.detected_at = hour(8);
    ticket.first_outbound_at = hour(11);
    world.ticket("waiting", 2, Origin::predicted, hour(10));
    world.ticket("called", 3, Origin::reactive, hour(10)).first_outbound_at = hour(20);
    const Kpi kpi = world.kpi("detection_to_contact_time", kFrom, kTo);
    DOUBLES_EQUAL(3, *kpi.median, 1e-9);
    DOUBLES_EQUAL(1, kpi.denominator, 0);
    LONGS_EQUAL(1, kpi.pending);
}

TEST_GROUP(NeedingSupport) {
    KpiWorld world;
};

TEST(NeedingSupport, counts_devices_and_customers_once) {
    for (DeviceNo no = 1; no <= 4; ++no) {
        DeviceInfo& device = world.device(no, no <= 2 ? "anna" : "c" + std::to_string(no));
        device.first_seen_at = day(0);
        device.last_seen_at = day(29);
    }
    world.device(5, "idle").installed_at = day(40);
    world.ticket("a", 1, Origin::predicted, day(1));
    world.ticket("b", 1, Origin::reactive, day(2), "heater");
    world.ticket("old", 3, Origin::reactive, day(-2));
    CHECK_RATE(1, 4, world.kpi("devices_needing_support", kFrom, kTo));
    CHECK_RATE(1, 3, world.kpi("customers_needing_support", kFrom, kTo));
}

TEST(NeedingSupport, a_silent_device_with_a_ticket_was_in_use) {
    DeviceInfo& device = world.device(1);
    device.first_seen_at = day(-60);
    device.last_seen_at = day(-50);
    world.ticket("call", 1, Origin::reactive, day(2));
    CHECK_RATE(1, 1, world.kpi("devices_needing_support", kFrom, kTo));
}
