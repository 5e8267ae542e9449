#include "tests/unit/collector_kpi/kpi_fixture.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(RepairRecurrence) {
    KpiWorld world;

    void repair(DeviceNo device, WallTime at, const char* component = "pump") {
        world.outcome("", device, at, OutcomeCode::failure_repaired, component);
    }
};

// docs/kpi.md: 10 repairs, window 30 d; 2 are 10 days old; of the other 8 one was followed by a
// repair of the same component on day 12 and one by a repair of another component on day 20.
// promise: kpi-examples
TEST(RepairRecurrence, gives_the_worked_example) {
    const WallTime to = day(100);
    for (DeviceNo no = 1; no <= 8; ++no) repair(no, day(40));
    repair(9, day(90));
    repair(10, day(90));
    // The followers lie after the period of the 10 repairs, so that they are not repairs of it.
    repair(1, day(52));
    repair(2, day(60), "heater");
    const Period period{day(39), day(41), to};
    const Period recent{day(89), day(91), to};
    CHECK_RATE(1, 8, world.kpi("repair_recurrence_component_30d", period));
    CHECK_RATE(2, 8, world.kpi("repair_recurrence_device_30d", period));
    LONGS_EQUAL(2, world.kpi("repair_recurrence_device_30d", recent).pending);
    CHECK_FALSE(world.kpi("repair_recurrence_device_30d", recent).value.has_value());
}

// The same with everything in one period: the two followers are repairs too, their windows elapsed.
TEST(RepairRecurrence, counts_followers_as_repairs_of_their_own) {
    for (DeviceNo no = 1; no <= 8; ++no) repair(no, day(40));
    repair(9, day(90));
    repair(10, day(90));
    repair(1, day(52));
    repair(2, day(60), "heater");
    const Kpi device = world.kpi("repair_recurrence_device_30d", day(0), day(100));
    CHECK_RATE(2, 10, device);
    LONGS_EQUAL(2, device.pending);
    CHECK_RATE(1, 10, world.kpi("repair_recurrence_component_30d", day(0), day(100)));
}

TEST(RepairRecurrence, a_window_is_open_until_its_last_instant) {
    repair(1, day(10));
    LONGS_EQUAL(
        1, world.kpi("repair_recurrence_device_30d", day(0), day(40) - milliseconds{1}).pending);
    CHECK_RATE(0, 1, world.kpi("repair_recurrence_device_30d", day(0), day(40)));
}

TEST(RepairRecurrence, the_window_end_and_the_same_instant_are_outside) {
    repair(1, day(10));
    repair(1, day(40));  // exactly 30 days later
    repair(2, day(10));
    repair(2, day(10), "heater");  // one visit, two parts
    CHECK_RATE(0, 4, world.kpi("repair_recurrence_device_30d", day(0), day(100)));
    CHECK_RATE(1, 4, world.kpi("repair_recurrence_device_60d", day(0), day(100)));
}

TEST(RepairRecurrence, planned_work_and_visits_without_repair_neither_start_nor_end_it) {
    repair(1, day(10));
    world.outcome("", 1, day(12), OutcomeCode::preventive_replacement);
    world.outcome("", 1, day(14), OutcomeCode::no_fault_found);
    CHECK_RATE(0, 1, world.kpi("repair_recurrence_device_30d", day(0), day(100)));
}

TEST(RepairRecurrence, a_cut_keeps_repairs_but_still_sees_what_followed_them) {
    repair(1, day(10), "pump");
    repair(1, day(20), "heater");
    CHECK_RATE(1, 1,
               world.kpi("repair_recurrence_device_30d", day(0), day(100), {"component", "pump"}));
    CHECK_RATE(
        0, 1, world.kpi("repair_recurrence_device_30d", day(0), day(100), {"component", "heater"}));
}

TEST_GROUP(RepeatCalls) {
    KpiWorld world;

    void resolved(const char* id, DeviceNo device, WallTime at) {
        world.ticket(id, device, Origin::reactive, at - hours_ms(5));
        world.change(id, at, TicketState::resolved);
    }
};

TEST(RepeatCalls, are_inbound_contacts_after_a_resolution_of_that_device) {
    resolved("a", 1, day(10));
    resolved("b", 2, day(10));
    resolved("c", 3, day(90));  // window open
    world.contact("", 1, day(12), Direction::inbound);
    world.contact("", 1, day(13), Direction::inbound);
    world.contact("", 1, day(14), Direction::outbound);
    world.contact("", 1, day(41), Direction::inbound);  // too late
    world.contact("", 2, day(9), Direction::inbound);   // before
    world.contact("", 3, day(92), Direction::inbound);
    const Kpi kpi = world.kpi("repeat_service_calls_30d", day(0), day(100));
    CHECK_RATE(2, 2, kpi);
    LONGS_EQUAL(1, kpi.pending);
}

TEST(RepeatCalls, a_call_counts_once_though_two_resolutions_precede_it) {
    resolved("a", 1, day(10));
    resolved("b", 1, day(11));
    world.contact("", 1, day(12), Direction::inbound);
    CHECK_RATE(1, 2, world.kpi("repeat_service_calls_30d", day(0), day(100)));
}

TEST_GROUP(FirstTimeFix) {
    KpiWorld world;

    void fixed(const char* id, DeviceNo device, WallTime at, std::uint32_t visits = 1) {
        world.ticket(id, device, Origin::reactive, at - hours_ms(5));
        world.outcome(id, device, at, OutcomeCode::confirmed_fixed, "pump", visits);
        world.change(id, at, TicketState::resolved);
    }
    Kpi rate() {
        return world.kpi("first_time_fix_rate", day(0), day(100));
    }
};

TEST(FirstTimeFix, is_one_visit_and_thirty_quiet_days) {
    fixed("good", 1, day(10));
    fixed("two_visits", 2, day(10), 2);
    fixed("young", 3, day(90));
    fixed("recurs", 4, day(10));
    fixed("recurrence", 4, day(30));
    const Kpi kpi = rate();
    CHECK_RATE(2, 4, kpi);  // "good" and, quiet afterwards, "recurrence"
    LONGS_EQUAL(1, kpi.pending);
}

TEST(FirstTimeFix, a_reopened_ticket_was_not_fixed_the_first_time) {
    fixed("reopened", 1, day(10));
    world.change("reopened", day(20), TicketState::open);
    world.change("reopened", day(21), TicketState::resolved);
    CHECK_RATE(0, 1, rate());
}

TEST(FirstTimeFix, tickets_without_a_repair_are_not_in_it) {
    world.ticket("remote", 1, Origin::reactive, day(1));
    world.outcome("remote", 1, day(2), OutcomeCode::fixed_remotely, "pump", 0);
    world.change("remote", day(2), TicketState::resolved);
    CHECK_FALSE(rate().value.has_value());
}

TEST_GROUP(NoFaultFound) {
    KpiWorld world;
};

TEST(NoFaultFound, is_of_outcomes_with_a_physical_inspection) {
    world.outcome("", 1, day(1), OutcomeCode::no_fault_found);
    world.outcome("", 1, day(2), OutcomeCode::confirmed_fixed);
    world.outcome("", 1, day(3), OutcomeCode::unit_replaced);
    world.outcome("", 1, day(4), OutcomeCode::fixed_remotely, "pump", 0);
    world.outcome("", 1, day(5), OutcomeCode::customer_declined);
    world.outcome("", 1, day(6), OutcomeCode::no_fault_found, "", 0);  // said so on the phone
    CHECK_RATE(1, 3, world.kpi("no_fault_found_rate", day(0), day(30)));
}

TEST_GROUP(DaysBetweenRepairs) {
    KpiWorld world;

    void repair(DeviceNo device, WallTime at, const char* component = "pump") {
        world.outcome("", device, at, OutcomeCode::failure_repaired, component);
    }
};

// Spells by hand at now = day 100: device 1: 20 (event), then 70 censored by now; device 2: 40
// censored by a planned replacement; device 3: 50 (event), then 40 censored by now. S: 20 → 4/5; 50
// → 4/5 · 1/2 (at risk: 50 and 70) = 2/5; area to 70 = 20 + 30·0.8 + 20·0.4 = 52.
TEST(DaysBetweenRepairs, follow_the_survival_curve_with_censoring) {
    repair(1, day(10));
    repair(1, day(30));
    repair(2, day(10));
    world.outcome("", 2, day(50), OutcomeCode::preventive_replacement);
    repair(3, day(10));
    repair(3, day(60));
    const Kpi kpi = world.kpi("days_between_repairs", day(0), day(100));
    DOUBLES_EQUAL(52, *kpi.value, 1e-9);
    DOUBLES_EQUAL(50, *kpi.median, 1e-9);
    LONGS_EQUAL(3, kpi.pending);
    DOUBLES_EQUAL(2, kpi.numerator, 0);
    DOUBLES_EQUAL(5, kpi.denominator, 0);
    STRCMP_EQUAL("d", kpi.unit.c_str());
}

TEST(DaysBetweenRepairs, another_component_does_not_end_a_spell_but_a_new_unit_censors_it) {
    repair(1, day(10));
    repair(1, day(20), "heater");
    world.outcome("", 1, day(40), OutcomeCode::unit_replaced, "");
    const Kpi kpi = world.kpi("days_between_repairs", day(0), day(100));
    CHECK_FALSE(kpi.value.has_value());
    LONGS_EQUAL(2, kpi.pending);
}
