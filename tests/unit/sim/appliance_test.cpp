#include "firmware_sim/model/appliance.hpp"

#include <algorithm>
#include <cmath>

#include "common/time_text.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::sim;

namespace {

const WallTime kStart = wall_from_unix_ms(1'780'272'000'000);  // 2026-06-01T00:00:00Z

Appliance make(Family family, std::uint64_t seed, double age_years = 0, double wear_factor = 1) {
    return Appliance(
        kind_of(family),
        {.device_id = "x-1", .start = kStart, .age_years = age_years, .wear_factor = wear_factor},
        Rng{seed});
}

std::vector<Emission> live(Appliance& appliance, double days, TruthLedger& truth) {
    std::vector<Emission> telemetry;
    appliance.advance(appliance.now() + hours_ms(24 * days), telemetry, truth);
    return telemetry;
}

const Reading* reading(const Emission& emission) {
    return std::get_if<Reading>(&emission.body);
}
const Fault* fault(const Emission& emission) {
    return std::get_if<Fault>(&emission.body);
}

double mean_of(const std::vector<Emission>& telemetry, std::uint32_t metric, WallTime from,
               WallTime to) {
    double sum = 0;
    int n = 0;
    for (const auto& emission : telemetry) {
        if (reading(emission) == nullptr || emission.at < from || emission.at >= to) continue;
        for (const auto& value : reading(emission)->metrics) {
            if (value.metric_id != metric) continue;
            sum += static_cast<double>(value.mean);
            ++n;
        }
    }
    return n == 0 ? std::nan("") : sum / n;
}

/// The first appliance whose `mode` lived through a whole visible episode to loss of function.
struct Story {
    std::vector<Emission> telemetry;
    Episode episode;
};

Story find_story(Family family, std::string_view mode) {
    for (std::uint64_t seed = 1; seed < 3000; ++seed) {
        Appliance appliance = make(family, seed, 3, 20);
        TruthLedger truth;
        auto telemetry = live(appliance, 120, truth);
        if (truth.episodes().empty()) continue;
        const Episode& first = truth.episodes().front();
        const bool alone = truth.episodes().size() == 1;
        if (alone && first.failure_mode == mode && !first.silent && first.failed_at &&
            first.onset_at > kStart + hours_ms(24 * 20) && truth.sensor_lie_count == 0) {
            return {std::move(telemetry), first};
        }
    }
    FAIL("no appliance lived through such an episode");
    return {};
}

}  // namespace

TEST_GROUP(Appliance){};

TEST(Appliance, one_seed_is_one_life) {
    for (const auto* kind : all_kinds()) {
        Appliance a = make(kind->family, 4, 2, 10), b = make(kind->family, 4, 2, 10);
        TruthLedger truth_a, truth_b;
        const auto one = live(a, 60, truth_a), two = live(b, 60, truth_b);
        CHECK_EQUAL(one.size(), two.size());
        for (std::size_t i = 0; i < one.size(); ++i) CHECK(one[i].at == two[i].at);
        CHECK_EQUAL(truth_a.episodes().size(), truth_b.episodes().size());
    }
}

TEST(Appliance, telemetry_comes_in_order_of_time_and_inside_the_lived_hours) {
    for (const auto* kind : all_kinds()) {
        Appliance appliance = make(kind->family, 8, 2, 10);
        TruthLedger truth;
        const auto telemetry = live(appliance, 30, truth);
        for (std::size_t i = 0; i < telemetry.size(); ++i) {
            CHECK(telemetry[i].at >= kStart && telemetry[i].at <= appliance.now());
            if (i > 0) CHECK(telemetry[i - 1].at <= telemetry[i].at);
        }
    }
}

TEST(Appliance, a_healthy_refrigerator_reads_base_plus_ambient_slope) {
    // Duty 0.42 + 0.018 · (room − 20); the appliance's own offset has deviation 0.03.
    double sum = 0, expected = 0;
    constexpr int kUnits = 60;
    for (std::uint64_t seed = 0; seed < kUnits; ++seed) {
        Appliance appliance = make(Family::refrigerator, seed + 100);
        TruthLedger truth;
        const auto telemetry = live(appliance, 2, truth);
        sum += mean_of(telemetry, 4, kStart, appliance.now() + hours_ms(1));
        const Climate climate;
        for (int hour = 0; hour < 48; ++hour) {
            expected +=
                (0.42 + 0.018 * (climate.indoor_celsius(kStart + hours_ms(hour)) - 20)) / 48;
        }
    }
    DOUBLES_EQUAL(expected / kUnits, sum / kUnits, 3 * 0.03 / std::sqrt(kUnits) + 0.004);
}

TEST(Appliance, washing_machines_run_as_often_as_their_habit_says) {
    // Habits are log-normal with median 0.9 a day and sigma 0.35: mean 0.9 · exp(0.35²/2) = 0.957.
    std::size_t cycles = 0;
    constexpr int kUnits = 400, kDays = 28;
    for (std::uint64_t seed = 0; seed < kUnits; ++seed) {
        Appliance appliance = make(Family::washing_machine, seed);
        TruthLedger truth;
        for (const auto& emission : live(appliance, kDays, truth)) {
            if (std::holds_alternative<Usage>(emission.body)) ++cycles;
        }
    }
    DOUBLES_EQUAL(0.957, static_cast<double>(cycles) / (kUnits * kDays), 0.06);
}

TEST(Appliance, every_hour_has_a_reading_and_in_use_metrics_only_in_use) {
    Appliance appliance = make(Family::washing_machine, 77);
    TruthLedger truth;
    std::size_t readings = 0, with_vibration = 0, cycles = 0;
    for (const auto& emission : live(appliance, 20, truth)) {
        if (std::holds_alternative<Usage>(emission.body)) ++cycles;
        if (reading(emission) == nullptr) continue;
        ++readings;
        for (const auto& metric : reading(emission)->metrics) {
            if (metric.metric_id == 3) ++with_vibration;
        }
    }
    CHECK_EQUAL(20U * 24U, readings);
    CHECK_EQUAL(cycles, with_vibration);
    CHECK(cycles > 5);
}

TEST(Appliance, symptoms_drift_before_loss_of_function) {
    struct Case {
        Family family;
        const char* mode;
        std::uint32_t metric;
        double sign;
    };
    const Case cases[] = {
        {Family::washing_machine, "drum_bearing_worn", 3, 1},
        {Family::washing_machine, "drain_pump_blocked", 5, 1},
        {Family::washing_machine, "heater_scaled", 7, -1},
        {Family::refrigerator, "compressor_worn", 5, 1},
        {Family::refrigerator, "refrigerant_leak", 4, 1},
        {Family::refrigerator, "condenser_dusty", 6, 1},
        {Family::air_conditioner, "air_filter_clogged", 4, 1},
        {Family::air_conditioner, "refrigerant_low", 2, 1},
        {Family::air_conditioner, "fan_motor_worn", 3, -1},
    };
    for (const Case& c : cases) {
        const Story story = find_story(c.family, c.mode);
        const FailureModeSpec& spec = *kind_of(c.family).mode(c.mode);
        const auto precursor = *story.episode.failed_at - story.episode.onset_at;
        const double before = mean_of(story.telemetry, c.metric, kStart, story.episode.onset_at);
        const double late =
            mean_of(story.telemetry, c.metric, *story.episode.failed_at - precursor / 3,
                    *story.episode.failed_at);
        double shift = 0;
        for (const auto& drift : spec.drifts) {
            if (drift.metric_id == c.metric) shift = drift.shift;
        }
        // Over the last third of the precursor the level's mean is (1 − (2/3)^2.3) / (2.3/3) = 0.79
        // for the curve 1.3; half of the full shift is a safe lower bound.
        CHECK_TEXT((late - before) * c.sign > 0.5 * std::fabs(shift), c.mode);
    }
}

TEST(Appliance, most_failures_announce_themselves_by_their_code) {
    for (const auto* kind : all_kinds()) {
        int visible = 0, announced = 0;
        for (std::uint64_t seed = 0; seed < 150; ++seed) {
            Appliance appliance = make(kind->family, seed, 3, 20);
            TruthLedger truth;
            const auto telemetry = live(appliance, 60, truth);
            for (const Episode& episode : truth.episodes()) {
                if (episode.silent || !episode.failed_at) continue;
                const auto code = kind->mode(episode.failure_mode)->fault_code;
                ++visible;
                announced += std::any_of(telemetry.begin(), telemetry.end(), [&](const auto& e) {
                    return e.at > episode.onset_at && e.at < *episode.failed_at &&
                           fault(e) != nullptr && fault(e)->code == code;
                });
            }
        }
        CHECK(visible > 30);
        CHECK(announced > 0.6 * visible);
        CHECK(announced < visible);  // else a rule that waits for the code could not be wrong
    }
}

TEST(Appliance, codes_come_without_a_failure) {
    TruthLedger truth;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        Appliance appliance = make(Family::washing_machine, seed, 0, 1e-6);
        live(appliance, 90, truth);
    }
    CHECK(truth.episodes().empty());
    // 60 machines · 90/365.25 years · 21.5 transient codes a year = 318, deviation 18.
    DOUBLES_EQUAL(318, static_cast<double>(truth.transient_fault_count), 54);
    CHECK(truth.sensor_lie_count > 0);
}

TEST(Appliance, failures_come_without_a_sign) {
    TruthLedger truth;
    std::size_t silent = 0, told = 0;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        Appliance appliance = make(Family::washing_machine, seed, 3, 10);
        live(appliance, 90, truth);
    }
    for (const Episode& episode : truth.episodes()) {
        if (episode.failed_at) ++(episode.silent ? silent : told);
    }
    CHECK(silent > 0);
    CHECK(told > silent);
}

TEST(Appliance, a_repair_before_the_failure_records_when_it_would_have_come) {
    for (std::uint64_t seed = 1; seed < 500; ++seed) {
        Appliance appliance = make(Family::refrigerator, seed, 3, 20);
        TruthLedger truth;
        std::vector<Emission> telemetry;
        while (truth.episodes().empty() && appliance.now() < kStart + hours_ms(24 * 90)) {
            appliance.advance(appliance.now() + hours_ms(1), telemetry, truth);
        }
        if (truth.episodes().empty() || truth.episodes().front().failed_at) continue;
        const Episode found = truth.episodes().front();
        const WallTime at = appliance.now();
        appliance.repair(found.component, at, truth);
        const Episode ended = truth.episodes().front();
        CHECK(ended.ending == Ending::repaired);
        CHECK(ended.would_fail_at && *ended.would_fail_at > at);
        DOUBLES_EQUAL(0, appliance.inspect(found.component)->level, 0);
        // The firmware tells of the new part with the next hour.
        telemetry.clear();
        appliance.advance(at + hours_ms(1), telemetry, truth);
        const auto* told = std::get_if<Lifecycle>(&telemetry.front().body);
        CHECK(told != nullptr && told->kind == LifecycleKind::part_replaced);
        return;
    }
    FAIL("no refrigerator began to degrade");
}

TEST(Appliance, a_broken_washing_machine_stands_still_until_it_is_repaired) {
    const WallTime day = kStart;
    for (std::uint64_t seed = 1; seed < 500; ++seed) {
        Appliance appliance = make(Family::washing_machine, seed, 5, 30);
        TruthLedger truth;
        std::vector<Emission> telemetry;
        while (!appliance.broken() && appliance.now() < day + hours_ms(24 * 60)) {
            appliance.advance(appliance.now() + hours_ms(1), telemetry, truth);
        }
        if (!appliance.broken()) continue;
        const auto count_cycles = [&] {
            std::size_t cycles = 0;
            for (const auto& emission : live(appliance, 30, truth)) {
                if (std::holds_alternative<Usage>(emission.body)) ++cycles;
            }
            return cycles;
        };
        CHECK_EQUAL(0U, count_cycles());
        for (const auto& finding : appliance.inspect()) {
            if (finding.failed) appliance.repair(finding.mode->component, appliance.now(), truth);
        }
        CHECK(count_cycles() > 0);
        return;
    }
    FAIL("no washing machine broke down");
}

TEST(Appliance, self_test_fails_when_symptoms_are_strong) {
    Appliance fresh = make(Family::refrigerator, 1);
    TruthLedger truth;
    live(fresh, 1, truth);
    CHECK(fresh.self_test({.request_id = 9, .test_id = 2}).result == aftercare::TestResult::passed);
    CHECK_EQUAL(9U, fresh.self_test({.request_id = 9, .test_id = 2}).request_id);
}
