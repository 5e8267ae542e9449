#include "collector/io/live/house_pace.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using Turn = EngineLoop::Turn;

TEST_GROUP(HousePace) {
    HousePace pace;
    Instant now{};
    unsigned steps(Turn turn, std::size_t reports) {
        now += milliseconds{100};
        return pace.steps_after(turn, reports, now);
    }
    /// Steps in `turns` turns of 1,000 reports.
    unsigned steps_in(int turns, Turn turn = Turn::busy) {
        unsigned sum = 0;
        for (int i = 0; i < turns; ++i) sum += steps(turn, 1'000);
        return sum;
    }
};

TEST(HousePace, gives_each_calm_turn_its_steps_and_none_to_a_refusing_store) {
    LONGS_EQUAL(64, steps(Turn::idle, 0));
    LONGS_EQUAL(64, steps(Turn::worked, 20));
    LONGS_EQUAL(0, steps(Turn::stalled, 0));
    LONGS_EQUAL(0, steps(Turn::broken, 0));
}

TEST(HousePace, lets_200000_reports_pass_and_then_keeps_up_with_a_busy_fleet) {
    LONGS_EQUAL(0, steps_in(199));
    LONGS_EQUAL(640, steps_in(10));
}

TEST(HousePace, takes_one_step_in_eight_full_turns) {
    LONGS_EQUAL(0, steps_in(199));
    LONGS_EQUAL(10, steps_in(80, Turn::full));
}

TEST(HousePace, begins_anew_after_a_calm_turn) {
    LONGS_EQUAL(0, steps_in(199));
    LONGS_EQUAL(64, steps(Turn::worked, 5));
    LONGS_EQUAL(0, steps_in(199));
}

TEST(HousePace, rests_five_seconds_when_nothing_was_due) {
    LONGS_EQUAL(64, steps(Turn::idle, 0));
    pace.nothing_was_due(now);
    for (int i = 0; i < 49; ++i) LONGS_EQUAL(0, steps(Turn::idle, 0));
    LONGS_EQUAL(64, steps(Turn::idle, 0));
}
