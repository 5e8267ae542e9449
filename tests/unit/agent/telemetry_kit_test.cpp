// Raw signals in, records out.
#include <limits>

#include "tests/unit/agent/kit_bench.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::agent;
using namespace std::chrono_literals;

TEST_GROUP(TelemetryKit) {
    test::KitBench bench;
    test::Appliance& device = bench.device;
};

TEST(TelemetryKit, makes_a_reading_of_each_window_by_itself) {
    device.options.reading_window_s = 300;
    CHECK_TRUE(bench.boot());
    for (int i = 0; i < 60; ++i) {
        CHECK_TRUE(bench.kit->sample(7, i % 2 == 0 ? 4.0F : 6.0F).has_value());
        device.run_for(10s);
    }
    device.run_for(61s);  // flush delay
    bench.take();
    const auto readings = bench.sent<Reading>();
    LONGS_EQUAL(2, readings.size());
    LONGS_EQUAL(300'000, readings[0].window_ms);
    const MetricSummary& m = readings[0].metrics.items[0];
    LONGS_EQUAL(7, m.metric_id);
    LONGS_EQUAL(30, m.n);
    DOUBLES_EQUAL(5, m.mean, 1e-6);
    DOUBLES_EQUAL(4, m.min, 0);
    DOUBLES_EQUAL(6, m.max, 0);
    DOUBLES_EQUAL(6, m.last, 0);
    DOUBLES_EQUAL(1.01709526, m.deviation, 1e-6);  // sqrt(30 / 29)
}

TEST(TelemetryKit, begins_a_window_with_the_first_sample_after_a_silence) {
    CHECK_TRUE(bench.boot());
    device.link_ms += 5'000'000;
    CHECK_TRUE(bench.kit->sample(7, 1).has_value());
    device.run_for(899s);
    LONGS_EQUAL(0, device->state().lanes[1].held_count);
    device.run_for(1s);
    LONGS_EQUAL(1, device->state().lanes[1].held_count);
}

TEST(TelemetryKit, tells_an_open_window_before_sleep) {
    CHECK_TRUE(bench.boot());
    CHECK_TRUE(bench.kit->sample(7, 1).has_value());
    device->flush();
    LONGS_EQUAL(1, device->state().lanes[1].held_count);
}

TEST(TelemetryKit, puts_the_chosen_metrics_beside_a_debounced_fault) {
    bench.options.own.snapshot_metrics.add(2);
    bench.options.own.fault_rules.add({.code = 18, .raise_after_ms = 2'000});
    CHECK_TRUE(bench.boot());
    static_cast<void>(bench.kit->sample(1, 10));
    static_cast<void>(bench.kit->sample(2, 20));
    CHECK_TRUE(bench.kit->condition(18, true).has_value());
    device.run_for(1'999ms);
    bench.take();
    LONGS_EQUAL(0, bench.sent<Fault>().size());
    device.run_for(1ms);
    bench.take();
    const auto faults = bench.sent<Fault>();
    LONGS_EQUAL(1, faults.size());
    CHECK_TRUE(faults[0].code == 18 && faults[0].state == FaultState::raised);
    LONGS_EQUAL(1, faults[0].snapshot.count);
    LONGS_EQUAL(2, faults[0].snapshot.items[0].metric_id);
    DOUBLES_EQUAL(20, faults[0].snapshot.items[0].value, 0);
}

TEST(TelemetryKit, folds_a_storm_into_one_record_that_counts_the_rest) {
    CHECK_TRUE(bench.boot());
    for (int i = 0; i < 3'422; ++i) CHECK_TRUE(bench.kit->occurred(7).has_value());
    device.run_for(3'601s);
    bench.take();
    const auto faults = bench.sent<Fault>();
    LONGS_EQUAL(11, faults.size());
    LONGS_EQUAL(3'412, faults.back().occurrences);
}

TEST(TelemetryKit, raises_a_code_while_a_metric_lies_beyond_its_threshold) {
    bench.options.own.thresholds.add({.metric_id = 1, .code = 900, .high = 80, .low = 75});
    bench.options.own.thresholds.add(
        {.metric_id = 2, .code = 901, .high = 4, .low = 2, .below = true});
    CHECK_TRUE(bench.boot());
    for (const float value : {79.0F, 81.0F, 76.0F, 74.0F}) {
        static_cast<void>(bench.kit->sample(1, value));
    }
    for (const float value : {3.0F, 1.0F, 3.0F, 5.0F}) {
        static_cast<void>(bench.kit->sample(2, value));
    }
    device.run_for(1s);
    bench.take();
    const auto faults = bench.sent<Fault>();
    LONGS_EQUAL(4, faults.size());
    CHECK_TRUE(faults[0].code == 900 && faults[0].state == FaultState::raised);
    CHECK_TRUE(faults[1].code == 900 && faults[1].state == FaultState::cleared);
    CHECK_TRUE(faults[2].code == 901 && faults[2].state == FaultState::raised);
    CHECK_TRUE(faults[3].code == 901 && faults[3].state == FaultState::cleared);
}

TEST(TelemetryKit, goes_on_with_counters_after_a_reboot_as_the_firmware_says_where_they_stood) {
    CHECK_TRUE(bench.boot());
    CHECK_TRUE(bench.kit->counter_total(1).error() == Errc::not_found);
    CHECK_TRUE(bench.kit->counter(1, 65'530, 16).has_value());
    CHECK_TRUE(bench.kit->counter(1, 10, 16).has_value());  // wrapped: + 16
    CHECK_TRUE(bench.kit->counter(2, 1'003, 32).has_value());
    CHECK_TRUE(bench.kit->counter(3, 5'000, 32).has_value());
    const std::uint64_t wrapping = bench.kit->counter_total(1).value();
    const std::uint64_t volatile_one = bench.kit->counter_total(2).value();
    CHECK_TRUE(bench.boot());
    CHECK_TRUE(bench.kit->counter_from(1, wrapping, 10).has_value());
    CHECK_TRUE(bench.kit->counter_from(2, volatile_one, 0).has_value());
    CHECK_TRUE(bench.kit->counter(1, 65'535, 16).has_value());  // + 65,525
    CHECK_TRUE(bench.kit->counter(1, 4, 16).has_value());       // wrapped: + 5
    CHECK_TRUE(bench.kit->counter(2, 7, 32).has_value());       // began anew: + 7
    CHECK_TRUE(bench.kit->counter(3, 5'010, 32).has_value());   // since manufacture
    CHECK_TRUE(bench.kit->counter_from(3, 1, 0).error() == Errc::conflict);
    LONGS_EQUAL(65'546 + 65'530, bench.kit->counter_total(1).value());
    LONGS_EQUAL(1'010, bench.kit->counter_total(2).value());
    LONGS_EQUAL(5'010, bench.kit->counter_total(3).value());
}

TEST(TelemetryKit, makes_a_usage_record_of_a_cycle_with_counters_over_wrap_and_restart) {
    CHECK_TRUE(bench.boot());
    CHECK_TRUE(bench.kit->cycle_end({}).error() == Errc::conflict);
    CHECK_TRUE(bench.kit->counter(1, 65'530, 16).has_value());
    CHECK_TRUE(bench.kit->cycle_begin(4).has_value());
    CHECK_TRUE(bench.kit->cycle_begin(5).error() == Errc::conflict);
    CHECK_TRUE(bench.kit->counter(1, 10, 16).has_value());  // wrapped: + 16
    CHECK_TRUE(bench.kit->counter(2, 1'000, 32).has_value());
    CHECK_TRUE(bench.kit->counter(2, 3, 32).has_value());  // began anew: + 3
    device.run_for(5'400s);
    CHECK_TRUE(bench.kit->cycle_end({.energy_wh = 900, .water_ml = 52'000}).has_value());
    device.run_for(61s);
    bench.take();
    const auto cycles = bench.sent<Usage>();
    LONGS_EQUAL(1, cycles.size());
    LONGS_EQUAL(4, cycles[0].programme_id);
    LONGS_EQUAL(5'400, cycles[0].duration_s);
    LONGS_EQUAL(900, cycles[0].energy_wh);
    LONGS_EQUAL(52'000, cycles[0].water_ml);
    CHECK_TRUE(cycles[0].completed);
    LONGS_EQUAL(2, cycles[0].counters.count);
    LONGS_EQUAL(65'546, cycles[0].counters.items[0].value);
    LONGS_EQUAL(1'003, cycles[0].counters.items[1].value);
}

TEST(TelemetryKit, beats_when_nothing_else_is_told_and_only_while_connected) {
    bench.options.own.heartbeat_s = 3'600;
    CHECK_TRUE(bench.boot());
    device.run_for(10'801s);
    bench.take();
    LONGS_EQUAL(3, bench.sent(LifecycleKind::heartbeat).size());
    device.run_for(3'000s);
    CHECK_TRUE(device->fault(test::fault(1)).has_value());
    device.run_for(3'000s);
    bench.take();
    LONGS_EQUAL(0, bench.sent(LifecycleKind::heartbeat).size());
    device.auto_connect = false;
    device.lose();
    const auto made = device->made_count();
    device.run_for(24h);
    LONGS_EQUAL(made, device->made_count());
}

TEST(TelemetryKit, tells_a_fault_again_that_the_storage_refused) {
    CHECK_TRUE(bench.boot());
    device.storage.fail_programs(100);
    CHECK_TRUE(bench.kit->condition(18, true).has_value());
    device.storage.fail_programs(0);
    device.run_for(2s);
    bench.take();
    LONGS_EQUAL(1, bench.sent<Fault>().size());
    LONGS_EQUAL(1, bench.kit->state().records_refused);
}

TEST(TelemetryKit, counts_what_it_has_no_room_for) {
    bench.options.metrics_max = 2;
    bench.options.codes_max = 1;
    CHECK_TRUE(bench.boot());
    CHECK_TRUE(bench.kit->sample(1, 1).has_value());
    CHECK_TRUE(bench.kit->sample(2, 1).has_value());
    CHECK_TRUE(bench.kit->sample(3, 1).error() == Errc::exhausted);
    CHECK_TRUE(bench.kit->sample(1, std::numeric_limits<float>::quiet_NaN()).error() ==
               Errc::invalid);
    CHECK_TRUE(bench.kit->condition(1, false).has_value());
    CHECK_TRUE(bench.kit->condition(2, false).error() == Errc::exhausted);
    CHECK_TRUE(bench.kit->occurred(3).error() == Errc::exhausted);
    LONGS_EQUAL(2, bench.kit->state().samples_refused);
    LONGS_EQUAL(2, bench.kit->state().codes_refused);
    for (std::uint32_t id = 1; id <= 16; ++id)
        CHECK_TRUE(bench.kit->counter(id, 0, 32).has_value());
    CHECK_TRUE(bench.kit->counter(17, 0, 32).error() == Errc::exhausted);
    CHECK_TRUE(bench.kit->counter(1, 0, 65).error() == Errc::invalid);
}

TEST(TelemetryKit, wants_the_memory_it_says) {
    CHECK_TRUE(bench.boot());
    const std::size_t bytes = TelemetryKit::memory_bytes(bench.options);
    CHECK_TRUE(bytes <= kKitFixedBytesMax + 16 * (32 + 40));
    auto whole = std::as_writable_bytes(std::span{bench.memory});
    CHECK_TRUE(
        TelemetryKit::open(*device.operator->(), bench.options, whole.first(bytes - 1)).error() ==
        Errc::exhausted);
    bench.options.codes_max = 0;
    CHECK_TRUE(TelemetryKit::open(*device.operator->(), bench.options, whole).error() ==
               Errc::invalid);
}
