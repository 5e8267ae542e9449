#include "collector/core/kpi/board.hpp"

#include <set>

#include "tests/unit/collector_kpi/kpi_fixture.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(KpiBoard) {
    KpiWorld world;
};

TEST(KpiBoard, has_every_figure_of_the_catalogue_in_order_even_over_nothing) {
    const auto board = kpi_board({}, {day(0), day(1)}, {}, {});
    CHECK_TRUE(board.has_value());
    const std::vector<Kpi> catalogue = kpi_catalogue({30, 60, 90});
    LONGS_EQUAL(catalogue.size(), board->size());
    std::set<std::string> ids;
    for (std::size_t i = 0; i < catalogue.size(); ++i) {
        STRCMP_EQUAL(catalogue[i].id.c_str(), board->at(i).id.c_str());
        STRCMP_EQUAL(catalogue[i].definition.c_str(), board->at(i).definition.c_str());
        CHECK_TRUE_TEXT(ids.insert(catalogue[i].id).second, catalogue[i].id.c_str());
        const bool is_count = board->at(i).kind == KpiKind::count;
        CHECK_TRUE_TEXT(board->at(i).value.has_value() == is_count, catalogue[i].id.c_str());
    }
}

TEST(KpiBoard, recurrence_windows_are_configurable) {
    KpiOptions options;
    options.recurrence_days = {7};
    CHECK_TRUE(!world.kpi("repair_recurrence_device_7d", day(0), day(1), {}, options).value);
    options.recurrence_days = {0};
    CHECK_FALSE(kpi_board({}, {day(0), day(1)}, {}, options).has_value());
}

TEST(KpiBoard, refuses_a_reversed_period_and_an_unknown_dimension) {
    const auto reversed = kpi_board({}, {day(1), day(1)}, {}, {});
    CHECK_FALSE(reversed.has_value());
    const auto unknown = kpi_board({}, {day(0), day(1)}, {"colour", "red"}, {});
    CHECK_FALSE(unknown.has_value());
    STRCMP_CONTAINS("tenant, model, firmware", unknown.error().message.c_str());
    CHECK_FALSE(kpi_board({}, {day(0), day(9), day(8)}, {}, {}).has_value());
}

TEST(KpiBoard, cuts_by_every_dimension_of_a_ticket) {
    Ticket& ticket = world.ticket("a", 1, Origin::predicted, day(1));
    ticket.firmware = "1.2";
    ticket.region = "north";
    ticket.centre = "c1";
    ticket.rule = "r@3";
    ticket.segment = "pro";
    ticket.warranty = WarrantyState::in_warranty;
    world.ticket("b", 2, Origin::predicted, day(1), "heater").tenant = "other";
    world.rows.tickets.back().model = "fridge";
    const std::pair<const char*, const char*> kCuts[] = {{"tenant", "acme"},
                                                         {"model", "wm"},
                                                         {"firmware", "1.2"},
                                                         {"region", "north"},
                                                         {"centre", "c1"},
                                                         {"component", "pump"},
                                                         {"failure_mode", "pump_worn"},
                                                         {"rule", "r@3"},
                                                         {"warranty", "in_warranty"},
                                                         {"segment", "pro"}};
    for (const auto& [dimension, value] : kCuts) {
        const Kpi kpi = world.kpi("tickets_received", day(0), day(9), {dimension, value});
        DOUBLES_EQUAL_TEXT(1, *kpi.value, 0, dimension);
        STRCMP_EQUAL("a", kpi.numerator_ids.at(0).c_str());
        const auto values = kpi_dimension_values(world.rows, dimension);
        LONGS_EQUAL_TEXT(2, values->size(), dimension);
    }
    CHECK_FALSE(kpi_dimension_values(world.rows, "colour").has_value());
}

TEST(KpiBoard, lists_ids_only_when_asked_and_only_of_the_figure_asked_for) {
    world.ticket("a", 1, Origin::predicted, day(1));
    KpiOptions options;
    const auto plain = kpi_board(world.rows, {day(0), day(9)}, {}, options);
    for (const Kpi& kpi : *plain) CHECK_TRUE(kpi.denominator_ids.empty());
    options.drill_down = true;
    options.drill_down_id = "tickets_received";
    const auto drilled = kpi_board(world.rows, {day(0), day(9)}, {}, options);
    for (const Kpi& kpi : *drilled) {
        LONGS_EQUAL_TEXT(kpi.id == "tickets_received" ? 1 : 0, kpi.numerator_ids.size(),
                         kpi.id.c_str());
    }
}

TEST(KpiBoard, whole_period_reaches_from_the_first_watched_to_the_last_known_moment) {
    world.outcome("", 1, day(-400), OutcomeCode::failure_repaired);  // history from before
    world.device(1).last_seen_at = day(8);
    world.ticket("a", 1, Origin::predicted, day(1));
    const Period period = KpiBoard(world.rows).whole_period();
    CHECK_TRUE(period.from == day(1));
    CHECK_TRUE(period.to == day(8) + milliseconds{1});
}

TEST(KpiBoard, whole_period_of_history_alone_is_that_history_and_of_nothing_is_not_empty) {
    world.outcome("", 1, day(-400), OutcomeCode::failure_repaired);
    CHECK_TRUE(KpiBoard(world.rows).whole_period().from == day(-400));
    const Period nothing = KpiBoard(KpiRows{}).whole_period();
    CHECK_TRUE(nothing.from < nothing.to);
}
