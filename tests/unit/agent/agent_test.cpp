// Consent, clocks, boots and settings.
#include <limits>

#include "tests/unit/agent/appliance.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace std::chrono_literals;
using test::fault;
using test::reading;

namespace {

constexpr std::int64_t kNewYear = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

std::vector<Record> everything(test::Appliance& device) {
    std::vector<Record> records;
    while (const auto report = device.next_report()) {
        records.insert(records.end(), report->records.begin(), report->records.end());
    }
    return records;
}

std::vector<Lifecycle> of_kind(const std::vector<Record>& records, LifecycleKind kind) {
    std::vector<Lifecycle> found;
    for (const Record& record : records) {
        const auto* event = std::get_if<Lifecycle>(&record.body);
        if (event && event->kind == kind) found.push_back(*event);
    }
    return found;
}

}  // namespace

TEST_GROUP(Agent) {
    test::Appliance device;
};

// promise: consent-first
TEST(Agent, makes_no_record_without_consent) {
    device.options.consent_purposes = bit(Purpose::safety);
    device.boot();
    CHECK_TRUE(device->fault(fault(1)).has_value());
    CHECK_TRUE(device->reading(reading(1)).error() == Errc::denied);
    CHECK_TRUE(device->usage(Usage{}).error() == Errc::denied);
    CHECK_TRUE(device->self_test({.test_id = 1, .result = aftercare::TestResult::passed}).error() ==
               Errc::denied);
    LONGS_EQUAL(3, device->state().denied_count);
    LONGS_EQUAL(1, device->state().lanes[1].next_seq);
}

TEST(Agent, erases_unsent_records_of_a_withdrawn_purpose_and_says_how_many) {
    device.auto_connect = false;
    device.boot();
    for (int i = 0; i < 100; ++i) {
        CHECK_TRUE(device->reading(reading(1)).has_value());
        CHECK_TRUE(device->usage(Usage{.duration_s = 60}).has_value());
    }
    CHECK_TRUE(device->consent(1, kAllPurposes & ~bit(Purpose::usage)).has_value());
    LONGS_EQUAL(100, device->state().lanes[1].held_count);
    // Not a trace of it in the storage: usage frames are of kind 3.
    device.power_off();
    CHECK_TRUE(device.boot());
    CHECK_TRUE(device->usage(Usage{}).error() == Errc::denied);
    LONGS_EQUAL(1, device->settings().consent_epoch);
    device.auto_connect = true;
    device.options.reports_in_flight_max = 8;
    device.run_for(1s);
    for (int i = 0; i < 20; ++i) {
        device.ack(device->state().lanes[0].next_seq - 1, 0);
        device.run_for(1s);
    }
    const auto records = everything(device);
    const auto told = of_kind(records, LifecycleKind::consent_changed);
    LONGS_EQUAL(1, told.size());
    LONGS_EQUAL(100, told[0].lost_count);
    LONGS_EQUAL(0b1011, told[0].consent_purposes);
    for (const Record& record : records) CHECK_FALSE(std::holds_alternative<Usage>(record.body));
    STRCMP_EQUAL("", device.refusal.c_str());
}

TEST(Agent, keeps_a_withdrawal_against_an_older_option_and_refuses_an_older_epoch) {
    device.boot();
    CHECK_TRUE(device->consent(5, 0).has_value());
    CHECK_TRUE(device->consent(4, kAllPurposes).error() == Errc::conflict);
    device.options.consent_epoch = 3;
    device.boot();
    CHECK_TRUE(device->fault(fault(1)).error() == Errc::denied);
    device.options.consent_epoch = 6;
    device.boot();
    CHECK_TRUE(device->fault(fault(1)).has_value());
}

TEST(Agent, tells_when_the_clock_becomes_known_and_when_it_jumps) {
    device.options.ack_timeout_ms = 3'600'000;  // nothing is sent twice here
    device.boot();
    device.run_for(10s);
    LONGS_EQUAL(0, of_kind(everything(device), LifecycleKind::clock_set).size());
    device.wall = {kNewYear, ClockQuality::synced};
    device->poll();
    auto set = of_kind(everything(device), LifecycleKind::clock_set);
    LONGS_EQUAL(1, set.size());
    CHECK_TRUE(set[0].wall_unix_ms == kNewYear && set[0].clock_quality == ClockQuality::synced);
    device.ack(device->state().lanes[0].next_seq - 1, 0);
    // In step with the uptime nothing is told, one second of drift included.
    device.link_ms += 3'600'000;
    device.wall.unix_ms += 3'601'000;
    device->poll();
    device.run_for(1ms);
    LONGS_EQUAL(0, of_kind(everything(device), LifecycleKind::clock_set).size());
    // Forward and back, no more than once a minute.
    device.link_ms += 60'000;
    device.wall.unix_ms += 7'200'000;
    device->poll();
    device.link_ms += 30'000;
    device.wall.unix_ms -= 7'200'000;
    device->poll();
    device.run_for(1ms);
    const auto jumped = of_kind(everything(device), LifecycleKind::clock_set);
    LONGS_EQUAL(1, jumped.size());
}

TEST(Agent, takes_a_clock_before_1970_or_after_2200_for_none) {
    device.wall = {-5, ClockQuality::synced};
    device.boot();
    device.run_for(1s);
    const auto report = device.next_report();
    CHECK_TRUE(report && report->header.clock_quality == ClockQuality::unknown);
    device.wall = {std::numeric_limits<std::int64_t>::max(), ClockQuality::synced};
    device->poll();
    LONGS_EQUAL(0, of_kind(everything(device), LifecycleKind::clock_set).size());
}

TEST(Agent, counts_boots_and_tells_of_a_new_firmware_once) {
    device.auto_connect = false;
    device.boot();
    device.options.firmware = "2.14.0";
    device.options.reset_reason = ResetReason::update;
    device.boot();
    device.options.reset_reason = ResetReason::watchdog;
    device.boot();
    LONGS_EQUAL(3, device->state().boot);
    device.auto_connect = true;
    device.run_for(1s);
    const auto records = everything(device);
    const auto boots = of_kind(records, LifecycleKind::boot);
    LONGS_EQUAL(3, boots.size());
    CHECK_TRUE(boots[1].reset_reason == ResetReason::update);
    CHECK_TRUE(boots[2].reset_reason == ResetReason::watchdog);
    const auto changed = of_kind(records, LifecycleKind::firmware_changed);
    LONGS_EQUAL(1, changed.size());
    STRCMP_EQUAL("2.14.0", std::string(changed[0].firmware.view()).c_str());
}

TEST(Agent, refuses_values_that_the_collector_would_quarantine) {
    device.boot();
    Fault bad = fault(1);
    bad.snapshot.add({1, std::numeric_limits<float>::quiet_NaN()});
    CHECK_TRUE(device->fault(bad).error() == Errc::invalid);
    CHECK_TRUE(device->fault(fault(1, FaultState::unspecified)).error() == Errc::invalid);
    CHECK_TRUE(device->reading(Reading{}).error() == Errc::invalid);
    Reading crossed = reading(1);
    crossed.metrics.items[0].min = 2;
    CHECK_TRUE(device->reading(crossed).error() == Errc::invalid);
    CHECK_TRUE(device
                   ->lifecycle({.kind = LifecycleKind::clock_set,
                                .wall_unix_ms = -1,
                                .clock_quality = ClockQuality::synced})
                   .error() == Errc::invalid);
    LONGS_EQUAL(1, device->state().lanes[1].next_seq);
}

TEST(Agent, applies_settings_keeps_them_over_reboots_and_refuses_bad_ones_as_a_whole) {
    device.boot();
    device.down(Config{.version = 7, .reading_window_s = 300, .flush_delay_s = 10});
    device.down(Config{.version = 8, .flush_delay_s = 5, .records_per_report = 1'000});
    device.down(Config{.version = 6, .flush_delay_s = 5});
    device.boot();
    const auto settings = device->settings();
    LONGS_EQUAL(7, settings.config_version);
    LONGS_EQUAL(300, settings.reading_window_s);
    LONGS_EQUAL(10, settings.flush_delay_s);
    LONGS_EQUAL(20, settings.records_per_report);
    device.run_for(1s);
    const auto records = everything(device);
    LONGS_EQUAL(1, of_kind(records, LifecycleKind::config_applied).size());
    const auto refused = of_kind(records, LifecycleKind::config_refused);
    LONGS_EQUAL(2, refused.size());
    LONGS_EQUAL(8, refused[0].config_version);
    const auto report_config = device.boot();
    CHECK_TRUE(report_config);
}

TEST(Agent, hands_requests_of_the_collector_to_the_appliance) {
    device.boot();
    device.down(Notice{1, "descale_due", "de", "kb-88", kNewYear});
    device.down(SelfTestRequest{77, 2});
    device.down(ConsentQuery{3});  // no handler: ignored
    LONGS_EQUAL(1, device.notices.size());
    STRCMP_EQUAL("descale_due", std::string(device.notices[0].message_key.view()).c_str());
    LONGS_EQUAL(1, device.self_tests.size());
    LONGS_EQUAL(77, device.self_tests[0].request_id);
}

TEST(Agent, acknowledges_a_fault_within_seconds_after_a_month_offline_while_the_backlog_drains) {
    device.boot();
    device.run_for(1s);
    device.lose();
    device.auto_connect = false;
    for (int quarter = 0; quarter < 30 * 96; ++quarter) {
        static_cast<void>(device->reading(reading(1)));
        device.run_for(15min);
    }
    CHECK_TRUE(device->fault(fault(18)).has_value());
    CHECK_TRUE(device->state().lanes[1].held_count > 500);
    everything(device);
    device.auto_connect = true;
    const std::uint64_t back_ms = device.link_ms;
    std::uint64_t fault_ms = 0;
    std::size_t readings_before = 0;
    for (int i = 0; i < 4'000 && fault_ms == 0; ++i) {
        device.run_for(100ms);
        for (const Record& record : everything(device)) {
            if (std::holds_alternative<Fault>(record.body) && fault_ms == 0)
                fault_ms = device.link_ms;
            readings_before += std::holds_alternative<Reading>(record.body) && fault_ms == 0;
        }
    }
    // Up to the back-off cap of five minutes until the next attempt; after it, at once.
    CHECK_TRUE(fault_ms > 0 && fault_ms - back_ms <= 301'000);
    LONGS_EQUAL(0, readings_before);
}

TEST(Agent, wants_no_more_memory_than_it_says) {
    device.boot();
    CHECK_TRUE(agent::Agent::memory_bytes(device.options) <= 16 * 1024);
    std::vector<std::max_align_t> memory(10);
    agent::Options tiny = device.options;
    CHECK_TRUE(agent::Agent::open(tiny, {}, std::as_writable_bytes(std::span{memory})).error() ==
               Errc::invalid);
}
