#include "collector/io/live/house_pace.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using Turn = EngineLoop::Turn;

TEST_GROUP(HousePace) {
    HousePace pace;
    Instant now{};
    bool step(Turn turn, std::size_t reports) {
        now += milliseconds{100};
        return pace.step_after(turn, reports, now);
    }
    /// Steps in `turns` busy turns of 1,000 reports.
    int steps_in(int turns) {
        int steps = 0;
        for (int i = 0; i < turns; ++i) steps += step(Turn::busy, 1'000) ? 1 : 0;
        return steps;
    }
};

TEST(HousePace, gives_each_calm_turn_a_step_and_none_to_a_refusing_store) {
    CHECK_TRUE(step(Turn::idle, 0));
    CHECK_TRUE(step(Turn::worked, 20));
    CHECK_FALSE(step(Turn::stalled, 0));
    CHECK_FALSE(step(Turn::broken, 0));
}

TEST(HousePace, lets_200000_reports_pass_before_it_takes_every_eighth_busy_turn) {
    LONGS_EQUAL(0, steps_in(199));
    // The 200th turn brings the 200,000th report; the 8th from there on is the 207th.
    LONGS_EQUAL(0, steps_in(7));
    LONGS_EQUAL(1, steps_in(1));
    LONGS_EQUAL(10, steps_in(80));
}

TEST(HousePace, begins_anew_after_a_calm_turn) {
    LONGS_EQUAL(0, steps_in(199));
    CHECK_TRUE(step(Turn::worked, 5));
    LONGS_EQUAL(0, steps_in(206));
}

TEST(HousePace, rests_five_seconds_when_nothing_was_due) {
    CHECK_TRUE(step(Turn::idle, 0));
    pace.nothing_was_due(now);
    for (int i = 0; i < 49; ++i) CHECK_FALSE(step(Turn::idle, 0));
    CHECK_TRUE(step(Turn::idle, 0));
}
