#include "collector/core/learn/fate.hpp"

#include "collector/core/learn/comparison.hpp"
#include "collector/core/learn/fit/tally.hpp"
#include "collector/io/toml/catalogue_toml.hpp"
#include "tests/unit/collector_learn/made_fleet.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::test;

namespace {

constexpr milliseconds kHorizon = hours_ms(48);

/// Of a ticket opened at 100 h.
Fate fate(std::vector<PartEnd> ends, double device_to_h, double history_to_h) {
    sort_by_time(ends);
    return fate_of(hour(100), kHorizon, ends, {hour(device_to_h), hour(history_to_h)});
}
PartEnd failed(double at_h) {
    return {hour(at_h), LifeEnd::failed};
}
PartEnd renewed(double at_h) {
    return {hour(at_h), LifeEnd::renewed};
}

}  // namespace

TEST_GROUP(Fate){};

TEST(Fate, is_right_or_wrong_once_the_horizon_is_over) {
    CHECK(fate({failed(120)}, 1000, 1000).fate == TicketFate::right);
    CHECK(*fate({failed(120)}, 1000, 1000).failed_at == hour(120));
    CHECK(fate({failed(148)}, 1000, 1000).fate == TicketFate::right);
    CHECK(fate({failed(148.1)}, 1000, 1000).fate == TicketFate::wrong);
    CHECK(fate({failed(100)}, 1000, 1000).fate == TicketFate::wrong);  // it had failed already
    CHECK(fate({}, 148, 148).fate == TicketFate::wrong);
}

TEST(Fate, of_a_ticket_younger_than_its_horizon_counts_neither_way) {
    CHECK(fate({}, 140, 140).fate == TicketFate::censored);
    const Fate early = fate({failed(120)}, 140, 140);
    CHECK(early.fate == TicketFate::censored);
    CHECK(*early.failed_at == hour(120));  // yet the failure was announced
}

TEST(Fate, of_a_device_that_fell_silent_is_known_only_where_it_failed) {
    CHECK(fate({}, 130, 1000).fate == TicketFate::censored);
    CHECK(fate({failed(130)}, 130, 1000).fate == TicketFate::right);
}

TEST(Fate, ends_with_the_part_that_the_ticket_was_about) {
    CHECK(fate({renewed(110)}, 1000, 1000).fate == TicketFate::censored);
    const Fate next_part = fate({failed(120), renewed(110)}, 1000, 1000);
    CHECK(next_part.fate == TicketFate::censored && !next_part.failed_at);
    CHECK(fate({renewed(120), failed(110)}, 1000, 1000).fate == TicketFate::right);
    CHECK(fate({renewed(120), failed(120)}, 1000, 1000).fate == TicketFate::right);
}

// A code 19 h before each failure, at 20, 200 and 470 h, and one for nothing at 300 h and at 480 h;
// the horizon is 48 h, and the history ends at 490 h. Until then the ticket of 451 h came true and
// the one of 480 h did not; neither had its 48 h. Precision 2 of 3: those of 1, 181 and 300 h. No
// ticket could have come 48 h before the failure at 20 h; of the other two both were announced.
TEST(Fate, is_one_and_the_same_for_learning_and_for_back_tests) {
    HistoryMaker maker;
    const auto a = maker.device("a");
    maker.fault(a, 0, "x").fault(a, 490, "x");
    for (const double at : {20.0, 200.0, 470.0}) maker.fault(a, at - 19, "e").outcome(a, at, "p");
    maker.fault(a, 300, "e").fault(a, 480, "e");
    const std::vector<History> histories{maker.made()};
    const Fleet fleet = assemble(histories);
    const TrialTally learned = tally(fleet, code_episodes(fleet, {0}, hours_ms(1)), 0, kHorizon);
    LONGS_EQUAL(2, learned.right);
    LONGS_EQUAL(1, learned.wrong);
    LONGS_EQUAL(2, learned.censored);
    LONGS_EQUAL(2, learned.found);
    LONGS_EQUAL(0, learned.missed);

    Rule rule;
    rule.id = "r";
    rule.component = rule.failure_mode = "p";
    rule.horizon = kHorizon;
    rule.when.faults = {"e"};
    rule.when.hold = hours_ms(1);
    const Catalogue catalogue = catalogue_for_trace({"M"}, {}, {"e", "x"}, {"p"});
    const auto detector = Detector::create({.id = "pack", .rules = {rule}}, catalogue);
    CHECK(detector.has_value());
    Comparison compared(**detector, nullptr, Opening::in_product, {.warm_up = kHorizon});
    compared.add(device_history(fleet, fleet.devices[0], catalogue.models[0]));
    const PackFigures& judged = compared.figures(Comparison::kNew);
    LONGS_EQUAL(learned.right, judged.tickets.right);
    LONGS_EQUAL(learned.wrong, judged.tickets.wrong);
    LONGS_EQUAL(learned.censored, judged.tickets.undecided);
    LONGS_EQUAL(learned.found, judged.found);
    LONGS_EQUAL(learned.failures(), judged.failures);
}
