#include "collector/core/detect/drift.hpp"

#include "common/rng.hpp"
#include "tests/unit/collector_detect/device_script.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::test;

namespace {

constexpr std::string_view kDrift =
    R"({ drift = "rpm", side = "below", limit = 1, window = "24h", baseline = "10d", )"
    R"(samples_min = 12 })";

}  // namespace

TEST_GROUP(Moments){};

TEST(Moments, merge_gives_count_mean_and_squares_of_all) {
    // {1, 3}: mean 2, squares 2. With {5}: mean 3, squares 4 + 0 + 4 = 8.
    const Moments sum = merge({2, 2, 2}, {1, 5, 0});
    DOUBLES_EQUAL(3, sum.count, 0);
    DOUBLES_EQUAL(3, sum.mean, 1e-12);
    DOUBLES_EQUAL(8, sum.squares, 1e-12);
    DOUBLES_EQUAL(4, sum.variance(), 1e-12);
    DOUBLES_EQUAL(0, Moments{}.variance(), 0);
}

TEST(Moments, a_bucket_keeps_a_long_stream_far_from_zero_to_six_digits) {
    Rng rng(7);
    Bucket bucket;
    double sum = 0, squares = 0;
    constexpr int kCount = 20'000;
    for (int i = 0; i < kCount; ++i) {
        const auto x = static_cast<double>(static_cast<float>(rng.normal(1000, 3)));
        add(bucket, {1, x, 0});
        sum += x;
        squares += (x - 1000) * (x - 1000);
    }
    const double mean = sum / kCount;
    const double variance = (squares - kCount * (mean - 1000) * (mean - 1000)) / (kCount - 1);
    DOUBLES_EQUAL(mean, bucket.moments().mean, 0.02);
    DOUBLES_EQUAL(variance, bucket.moments().variance(), 0.01 * variance);
}

namespace {

Predicate with_prior() {
    Predicate predicate;
    predicate.samples_min = 12;
    predicate.prior_mean = 450;
    predicate.prior_deviation = 50;
    predicate.prior_readings = 48;
    return predicate;
}

}  // namespace

TEST_GROUP(Drift){};

TEST(Drift, shrinks_a_young_baseline_towards_the_prior) {
    // (24 · 460 + 48 · 450) ÷ 72 = 453.33; ((24 − 1) · 30² + 48 · 50²) ÷ 71 = 1981.69, root 44.52.
    const Baseline baseline = baseline_of(with_prior(), {24, 460, 23 * 900.0});
    CHECK(baseline.enough);
    DOUBLES_EQUAL(453.3333, baseline.mean, 1e-4);
    DOUBLES_EQUAL(44.5162, baseline.deviation, 1e-4);
    const Baseline unborn = baseline_of(with_prior(), {});
    CHECK(unborn.enough);
    DOUBLES_EQUAL(450, unborn.mean, 1e-9);
    DOUBLES_EQUAL(50, unborn.deviation, 1e-9);
}

TEST(Drift, judges_nobody_without_enough_readings_or_any_spread) {
    Predicate predicate;
    predicate.samples_min = 12;
    CHECK_FALSE(baseline_of(predicate, {11, 460, 900}).enough);
    CHECK(baseline_of(predicate, {12, 460, 900}).enough);
    CHECK_FALSE(baseline_of(predicate, {12, 460, 0}).enough);
    predicate.deviation_min = 0.5;
    DOUBLES_EQUAL(0.5, baseline_of(predicate, {12, 460, 0}).deviation, 0);
}

TEST(Drift, fires_when_the_last_window_left_the_own_baseline) {
    // Baseline 440/460 in turn: mean 450, SD 10. From hour 240 on 430: 2 SD below when the window
    // is full; the mean of the window crosses −1 SD when half of its readings are new.
    const auto detector = detector_of({std::string(kDrift)});
    Device device(*detector);
    for (int hour = 0; hour < 300; ++hour) {
        device.tell(hour, reading(kRpm, hour >= 240 ? 430 : (hour % 2 == 0 ? 440 : 460)));
    }
    LONGS_EQUAL(1, device.fired().size());
    CHECK(device.fired()[0] >= 249 && device.fired()[0] <= 253);
    CHECK(device.stands(299));
}

TEST(Drift, is_quiet_on_the_other_side) {
    const auto detector = detector_of({std::string(kDrift)});
    Device device(*detector);
    for (int hour = 0; hour < 300; ++hour) {
        device.tell(hour, reading(kRpm, hour >= 240 ? 490 : (hour % 2 == 0 ? 440 : 460)));
    }
    LONGS_EQUAL(0, device.detections.size());
}

TEST(Drift, measures_each_device_against_itself) {
    const auto detector = detector_of({std::string(kDrift)});
    for (const double own : {300.0, 450.0, 900.0}) {
        Device device(*detector);
        for (int hour = 0; hour < 240; ++hour) {
            device.tell(hour, reading(kRpm, own + (hour % 2 == 0 ? 10 : -10)));
        }
        LONGS_EQUAL(0, device.detections.size());
    }
}

TEST(Drift, a_new_part_starts_a_new_baseline) {
    const auto detector = detector_of({std::string(kDrift)});
    Device device(*detector);
    for (int hour = 0; hour < 240; ++hour) {
        device.tell(hour, reading(kRpm, hour % 2 == 0 ? 440 : 460));
    }
    device.replaced(239.5);
    for (int hour = 240; hour < 400; ++hour) {
        device.tell(hour, reading(kRpm, hour % 2 == 0 ? 390 : 410));
    }
    LONGS_EQUAL(0, device.detections.size());
}

TEST(Drift, hysteresis_keeps_one_episode_of_a_value_at_the_limit) {
    const auto run = [](const char* clear) {
        const auto detector = detector_of(
            {std::string(R"({ drift = "rpm", side = "above", limit = 1, window = "24h", )") +
             R"(baseline = "10d", )" + clear +
             R"( prior = { mean = 450, deviation = 10, readings = 100000 } })"});
        Device device(*detector);
        // Day means 462, 457, 462, 457 …: 1.2 and 0.7 SD above.
        for (int hour = 0; hour < 240; ++hour) {
            device.tell(hour, reading(kRpm, hour / 24 % 2 == 0 ? 462 : 457));
        }
        return device.fired().size();
    };
    CHECK(run("") > 2);
    LONGS_EQUAL(1, run("clear = 0.5,"));
}

TEST(Drift, counts_for_a_while_from_its_beginning_and_does_not_begin_again) {
    const auto fired_with_code_at = [](double code_hour) {
        const auto detector = detector_of(
            {R"({ all = [ { fault_count = ["E1"], hold = "2h" }, { drift = "rpm", side = "below", )"
             R"(limit = 1, window = "24h", baseline = "10d", counts_for = "20h" } ] })"});
        Device device(*detector);
        // The day's mean is a spread below from about hour 250 on, and stays there.
        for (int hour = 0; hour < 400; ++hour) {
            device.tell(hour, reading(kRpm, hour >= 240 ? 430 : (hour % 2 == 0 ? 440 : 460)));
            if (hour == code_hour) device.tell(hour, fault(1));
        }
        CHECK_FALSE(device.stands(399));
        return device.fired().size();
    };
    LONGS_EQUAL(1, fired_with_code_at(260));
    LONGS_EQUAL(0, fired_with_code_at(280));
    LONGS_EQUAL(0, fired_with_code_at(330));
}

TEST(Drift, a_long_silence_leaves_an_old_baseline_behind) {
    const auto detector = detector_of({std::string(kDrift)});
    Device device(*detector);
    for (int hour = 0; hour < 240; ++hour) {
        device.tell(hour, reading(kRpm, hour % 2 == 0 ? 440 : 460));
    }
    for (int hour = 2000; hour < 2020; ++hour) device.tell(hour, reading(kRpm, 400));
    LONGS_EQUAL(0, device.detections.size());
}

TEST(Drift, state_of_a_device_and_rule_stays_within_145_bytes) {
    const auto detector = detector_of({std::string(kDrift)});
    Device device(*detector);
    for (int hour = 0; hour < 1000; ++hour) {
        device.tell(hour, reading(kRpm, hour % 2 == 0 ? 440 : 460));
    }
    // Version 1, lanes 1 + 6, hash 4, length 2, rule 2, flags 1, time 1, newest bucket 3, mask 2,
    // and of each of 12 buckets count 1 or 2, mean 4, squares 4.
    CHECK(device.bytes().size() > 120);
    CHECK(device.bytes().size() <= 145);
}
