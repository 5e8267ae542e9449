// Settings from the collector: all or nothing, with a reason, and kept over reboots and power cuts.
#include "tests/golden/vectors.hpp"
#include "tests/unit/agent/kit_bench.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::agent;
using namespace std::chrono_literals;

TEST_GROUP(TelemetrySettings) {
    test::KitBench bench{512, 8};
    test::Appliance& device = bench.device;

    ConfigRefusal refusal_of(const Config& config) {
        device.down(config);
        device.run_for(1s);
        bench.take();
        const auto refused = bench.sent(LifecycleKind::config_refused);
        if (refused.empty()) return ConfigRefusal::none;
        LONGS_EQUAL(config.version, refused.back().config_version);
        return refused.back().config_refusal;
    }
    void check_golden_in_force() {
        LONGS_EQUAL(3'600, bench.kit->state().heartbeat_s);
        LONGS_EQUAL(1, bench.kit->state().fault_rules);
        LONGS_EQUAL(2, bench.kit->state().thresholds);
    }
};

TEST(TelemetrySettings, change_what_a_running_device_does_and_survive_a_reboot) {
    CHECK_TRUE(bench.boot());
    bench.configure(3, golden::telemetry_settings(), 300);
    check_golden_in_force();
    LONGS_EQUAL(300, device->settings().reading_window_s);
    device.run_for(1s);
    bench.take();
    LONGS_EQUAL(1, bench.sent(LifecycleKind::config_applied).size());
    CHECK_TRUE(bench.boot());
    check_golden_in_force();
    LONGS_EQUAL(3, device->settings().config_version);
    static_cast<void>(bench.kit->sample(1, 76));
    device.run_for(1s);
    bench.take();
    LONGS_EQUAL(1, bench.sent<Fault>().size());
    LONGS_EQUAL(900, bench.sent<Fault>()[0].code);
}

// promise: settings-whole
TEST(TelemetrySettings, are_refused_as_a_whole_with_the_reason_and_the_old_ones_stay) {
    CHECK_TRUE(bench.boot());
    bench.configure(3, golden::telemetry_settings(), 300);
    TelemetrySettings bad = golden::telemetry_settings();
    bad.thresholds.items[0].low = 90;
    const std::string out_of_bounds = proto::Codec::encode_telemetry_settings(bad);
    const auto bytes = [](const std::string& text) {
        return std::as_bytes(std::span{text.data(), text.size()});
    };
    CHECK_TRUE(refusal_of({.version = 4, .flush_delay_s = 5, .telemetry = bytes(out_of_bounds)}) ==
               ConfigRefusal::bad_value);
    CHECK_TRUE(refusal_of({.version = 5, .records_per_report = 999}) == ConfigRefusal::bad_value);
    CHECK_TRUE(refusal_of({.version = 2}) == ConfigRefusal::old_version);
    TelemetrySettings wide;
    for (std::uint32_t i = 0; i < 16; ++i) {
        wide.thresholds.add(
            {.metric_id = 1'000'000 + i, .code = 2'000'000 + i, .high = 1, .low = 0.5F});
    }
    const std::string too_wide = proto::Codec::encode_telemetry_settings(wide);
    CHECK_TRUE(too_wide.size() > 296 - 13);  // what a sector of 512 bytes can hold
    CHECK_TRUE(refusal_of({.version = 6, .telemetry = bytes(too_wide)}) == ConfigRefusal::storage);
    check_golden_in_force();
    LONGS_EQUAL(3, device->settings().config_version);
    LONGS_EQUAL(60, device->settings().flush_delay_s);
}

TEST(TelemetrySettings, that_do_not_decode_are_malformed_and_without_a_kit_unsupported) {
    CHECK_TRUE(bench.boot());
    // A downlink whose telemetry ends inside a rule: libprotobuf would not write it.
    const unsigned char wire[] = {0x12, 0x06, 0x08, 0x09, 0x2A, 0x02, 0x22, 0x0E};
    device->on_downlink(std::as_bytes(std::span{wire}));
    device.run_for(1s);
    bench.take();
    CHECK_TRUE(bench.sent(LifecycleKind::config_refused).at(0).config_refusal ==
               ConfigRefusal::malformed);
    TelemetryKit::close(bench.kit);
    bench.kit = nullptr;
    CHECK_TRUE(refusal_of({.version = 10, .telemetry = golden::telemetry_bytes()}) ==
               ConfigRefusal::unsupported);
}

TEST(TelemetrySettings, without_a_telemetry_part_leave_the_earlier_one) {
    CHECK_TRUE(bench.boot());
    bench.configure(3, golden::telemetry_settings());
    device.down(Config{.version = 4, .flush_delay_s = 10});
    CHECK_TRUE(bench.boot());
    check_golden_in_force();
    LONGS_EQUAL(4, device->settings().config_version);
}

TEST(TelemetrySettings, outlive_every_sector_of_a_spool_that_overflows_and_drains) {
    for (const bool online : {false, true}) {
        device.auto_connect = online;
        CHECK_TRUE(bench.boot());
        const std::uint32_t version = online ? 4 : 3;
        bench.configure(version, golden::telemetry_settings());
        for (int i = 0; i < 2'000; ++i) {
            static_cast<void>(device->fault(test::fault(static_cast<std::uint32_t>(i % 10))));
            static_cast<void>(device->reading(test::reading(1)));
            if (online) {
                device.run_for(100ms);
                bench.take();
            }
        }
        CHECK_TRUE(device.storage.erases() > 20);
        CHECK_TRUE(bench.boot());
        check_golden_in_force();
        LONGS_EQUAL(version, device->settings().config_version);
    }
    device.run_for(61s);
    bench.take();
    LONGS_EQUAL(0, device->state().lanes[0].held_count + device->state().lanes[1].held_count);
}

TEST(TelemetrySettings, hold_the_newest_complete_version_after_any_power_cut) {
    Rng rng{7};
    device.storage.model_power_cuts(true);
    CHECK_TRUE(bench.boot());
    std::uint32_t version = 0;
    std::uint32_t kept = 0;
    for (int i = 0; i < 1'500; ++i) {
        device.storage.cut_after(1 + rng.below(12));
        TelemetrySettings next;
        next.heartbeat_s = 1'000 + version + 1;
        bench.configure(version + 1, next);
        const bool applied = device->settings().config_version == version + 1;
        const bool durable = applied && !device.storage.cut();
        for (int k = 0; k < 10; ++k) static_cast<void>(device->fault(test::fault(1)));
        device.storage.cut_now();
        bench.power_off();
        device.storage.cut_power(rng);
        CHECK_TRUE(bench.boot());
        const std::uint32_t now = device->settings().config_version;
        // A write that the power cut may have been complete after all.
        CHECK_TRUE(now == version || now == version + 1);
        if (durable) LONGS_EQUAL(version + 1, now);
        if (now != 0) LONGS_EQUAL(1'000 + now, bench.kit->state().heartbeat_s);
        kept += now == version + 1 ? 1 : 0;
        version = now;
    }
    CHECK_TRUE(kept > 100 && kept < 1'500);
}

TEST(TelemetrySettings, taken_by_damage_are_asked_for_again) {
    CHECK_TRUE(bench.boot());
    bench.configure(3, golden::telemetry_settings());
    bench.power_off();
    const auto& image = device.storage.bytes();
    const auto settings = golden::telemetry_bytes();
    const auto at = std::search(image.begin(), image.end(), settings.begin(), settings.end());
    CHECK_TRUE(at != image.end());
    const auto offset = static_cast<std::uint32_t>(at - image.begin());
    device.storage.flip_bit(offset / 512, offset % 512, 3);
    CHECK_TRUE(bench.boot());
    LONGS_EQUAL(0, device->settings().config_version);
    LONGS_EQUAL(0, bench.kit->state().thresholds);
    bench.configure(3, golden::telemetry_settings());
    check_golden_in_force();
}
