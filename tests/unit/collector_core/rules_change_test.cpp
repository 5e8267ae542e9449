// Rules that change while the collector runs, with the detector that ships.
#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

/// `pump` needs two E1, `belt` two E2, within a day.
RulePack two_counts() {
    RulePack pack = washing_rules();
    pack.rules.resize(2);
    for (Rule& rule : pack.rules) {
        rule.when.count = 2;
        rule.when.window = hours_ms(24);
    }
    return pack;
}

}  // namespace

TEST_GROUP(RulesChange) {
    Station station{Station::default_settings(), two_counts()};
    Appliance appliance;

    void setup() override {
        station.enrol(appliance.id);
    }
    void fault(double hour, std::uint32_t code) {
        station.go_to(at_h(hour));
        station.send(appliance.report(at_h(hour), {appliance.fault(at_h(hour), code)}));
        (void)station.commit();
    }
    RulePack with_another_belt_rule() {
        RulePack pack = two_counts();
        pack.rules[0].title = "other words";
        pack.rules[0].version = 2;
        pack.rules[1].when.window = hours_ms(25);
        return pack;
    }
};

// promise: rules-reload
TEST(RulesChange, an_unchanged_rule_keeps_its_memory_and_a_changed_one_begins_afresh) {
    fault(0, 1);
    fault(1, 2);
    const RulesChange change = station.change_rules(with_another_belt_rule());
    LONGS_EQUAL(1, change.kept);
    LONGS_EQUAL(1, change.restarted.size());
    STRCMP_EQUAL("belt", change.restarted[0].c_str());
    CHECK(change.added.empty() && change.removed.empty());
    fault(2, 2);
    LONGS_EQUAL(0, station.tables().tickets.size());
    fault(3, 1);
    STRCMP_EQUAL("pump_blocked", station.ticket().failure_mode.c_str());
    STRCMP_EQUAL("pump@2", station.ticket().rule.c_str());
}

TEST(RulesChange, leads_to_what_a_restart_with_the_new_rules_leads_to) {
    fault(0, 1);
    fault(1, 2);
    (void)station.change_rules(with_another_belt_rule());
    station.restart();
    fault(2, 2);
    fault(3, 1);
    STRCMP_EQUAL("pump_blocked", station.ticket().failure_mode.c_str());
    fault(4, 2);
    LONGS_EQUAL(2, station.tables().tickets.size());
}

// The belt's age limit: (−ln(1 − 0.27848) · 100² − 48²) ÷ 96 = 10 h.
TEST(RulesChange, a_rule_begun_afresh_knows_when_its_part_was_replaced) {
    const Lifecycle replaced{.kind = LifecycleKind::part_replaced, .component_id = 2};
    station.go_to(at_h(5));
    station.send(appliance.report(at_h(5), {appliance.lifecycle(at_h(5), replaced)}));
    (void)station.commit();
    RulePack pack = two_counts();
    constexpr double kHourMs = 3'600'000;
    pack.rules[1].when = {.kind = PredicateKind::life,
                          .shape = 2,
                          .scale = 100 * kHourMs,
                          .ahead = 48 * kHourMs,
                          .probability = 0.27848};
    (void)station.change_rules(pack);
    fault(14.9, 3);
    LONGS_EQUAL(0, station.tables().tickets.size());
    fault(16, 3);
    STRCMP_EQUAL("belt_worn", station.ticket().failure_mode.c_str());
    DOUBLES_EQUAL(15, as_hours(station.ticket().detected_at - at_h(0)), 0.01);
}

TEST(RulesChange, names_what_is_new_and_what_is_gone) {
    RulePack pack = two_counts();
    pack.rules[0].id = "pump_two";
    const RulesChange change = station.change_rules(pack);
    LONGS_EQUAL(1, change.kept);
    STRCMP_EQUAL("pump_two", change.added.at(0).c_str());
    STRCMP_EQUAL("pump", change.removed.at(0).c_str());
}
