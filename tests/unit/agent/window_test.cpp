#include "agent/core/window.hpp"

#include <array>
#include <limits>

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using aftercare::agent::MetricSlot;
using aftercare::agent::ReadingWindow;

TEST_GROUP(ReadingWindow) {
    std::array<MetricSlot, 20> slots{};
    ReadingWindow window{slots};
};

TEST(ReadingWindow, sums_up_the_textbook_example) {
    // NIST/SEMATECH e-Handbook 1.3.5.6: 2, 4, 4, 4, 5, 5, 7, 9 has mean 5 and squares about it
    // of 32.
    for (const float value : {2.0F, 4.0F, 4.0F, 4.0F, 5.0F, 5.0F, 7.0F, 9.0F})
        CHECK_TRUE(window.sample(7, value));
    const Reading reading = window.take(900'000);
    LONGS_EQUAL(1, reading.metrics.count);
    const MetricSummary& m = reading.metrics.items[0];
    LONGS_EQUAL(7, m.metric_id);
    LONGS_EQUAL(8, m.n);
    DOUBLES_EQUAL(5, m.mean, 1e-6);
    DOUBLES_EQUAL(2.13808994, m.deviation, 1e-6);  // sqrt(32 / 7)
    DOUBLES_EQUAL(2, m.min, 0);
    DOUBLES_EQUAL(9, m.max, 0);
    DOUBLES_EQUAL(9, m.last, 0);
    LONGS_EQUAL(900'000, reading.window_ms);
}

TEST(ReadingWindow, stays_exact_far_from_zero) {
    for (int i = 0; i < 100'000; ++i) window.sample(1, 10'000.0F + static_cast<float>(i % 2));
    const Reading reading = window.take(1);
    DOUBLES_EQUAL(10'000.5, reading.metrics.items[0].mean, 0.01);
    DOUBLES_EQUAL(0.5, reading.metrics.items[0].deviation, 0.01);
}

TEST(ReadingWindow, begins_anew_after_each_window_and_leaves_out_silent_metrics) {
    window.sample(1, 10);
    window.sample(2, 20);
    window.take(1);
    CHECK_TRUE(window.empty());
    window.sample(2, 30);
    const Reading reading = window.take(1);
    LONGS_EQUAL(1, reading.metrics.count);
    LONGS_EQUAL(2, reading.metrics.items[0].metric_id);
    DOUBLES_EQUAL(30, reading.metrics.items[0].min, 0);
    DOUBLES_EQUAL(0, reading.metrics.items[0].deviation, 0);
}

TEST(ReadingWindow, refuses_what_is_no_number_and_a_metric_beyond_its_slots) {
    CHECK_FALSE(window.sample(1, std::numeric_limits<float>::quiet_NaN()));
    CHECK_FALSE(window.sample(1, std::numeric_limits<float>::infinity()));
    for (std::uint32_t id = 0; id < slots.size(); ++id) CHECK_TRUE(window.sample(id, 1));
    CHECK_FALSE(window.sample(99, 1));
}

TEST(ReadingWindow, puts_more_than_sixteen_metrics_into_a_second_reading) {
    for (std::uint32_t id = 0; id < slots.size(); ++id) CHECK_TRUE(window.sample(id, 1));
    LONGS_EQUAL(16, window.take(1).metrics.count);
    CHECK_FALSE(window.empty());
    const Reading second = window.take(1);
    LONGS_EQUAL(4, second.metrics.count);
    LONGS_EQUAL(16, second.metrics.items[0].metric_id);
    CHECK_TRUE(window.empty());
}

TEST(ReadingWindow, reports_only_what_is_chosen_and_remembers_the_rest) {
    const std::array<std::uint32_t, 1> only{2};
    window.report_only(only);
    window.sample(1, 10);
    CHECK_TRUE(window.empty());
    window.sample(2, 20);
    const Reading reading = window.take(1);
    LONGS_EQUAL(1, reading.metrics.count);
    LONGS_EQUAL(2, reading.metrics.items[0].metric_id);
    const std::array<std::uint32_t, 2> asked{1, 3};
    LONGS_EQUAL(1, window.snapshot(asked).count);
}

TEST(ReadingWindow, gives_the_last_values_for_the_snapshot_of_a_fault) {
    window.sample(1, 10);
    window.sample(1, 11);
    window.sample(2, 20);
    window.take(1);
    const std::uint32_t chosen[] = {2, 1, 77};
    const auto snapshot = window.snapshot(chosen);
    LONGS_EQUAL(2, snapshot.count);
    DOUBLES_EQUAL(20, snapshot.items[0].value, 0);
    DOUBLES_EQUAL(11, snapshot.items[1].value, 0);
}
