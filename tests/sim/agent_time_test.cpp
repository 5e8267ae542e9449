// When did it happen? From the appliance's clock through agent, wire and collector: the stored
// moment of each fault lies within its stated error of the true one, and the error is no larger
// than the evidence allows.
#include <cstdlib>

#include "collector/core/intake/time_line.hpp"
#include "tests/sim/agent_site.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace std::chrono_literals;
using collector::kArrivalErrorMs;
using collector::kSyncedErrorMs;
using collector::testing::kStartMs;

namespace {
constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDayMs = 24 * kHourMs;

/// 100 ppm of the time between the record and the evidence.
constexpr std::int64_t drift_ms(std::int64_t span_ms) {
    return span_ms * collector::kDriftPartsPerMillion / 1'000'000;
}
}  // namespace

TEST_GROUP(AgentTime) {
    test::Site site;
    std::map<std::uint32_t, std::int64_t> true_ms;  // by fault code, each used once
    std::uint32_t next_code = 1'000;
    ClockQuality quality = ClockQuality::unknown;
    std::int64_t clock_error_ms = 0;  // what the appliance's clock shows beside the truth
    bool since_1970 = false;          // it shows 1970 and counts from there

    void setup() override {
        site.on_time = [this](std::uint64_t now_ms) {
            const auto shown =
                static_cast<std::int64_t>(now_ms) + (since_1970 ? 0 : kStartMs) + clock_error_ms;
            site.device.wall = {shown, quality};
        };
    }
    void boot() {
        site.on_time(site.now_ms());
        CHECK_TRUE(site.device.boot());
    }
    // A power cut: what the agent holds in RAM is gone, the next boot begins at once.
    void reboot(std::chrono::milliseconds off) {
        site.link(false);
        site.device.power_off();
        site.device.link_ms += static_cast<std::uint64_t>(off.count());
        boot();
    }
    void fault_after(std::chrono::milliseconds span) {
        site.run_for(span);
        const std::uint32_t code = next_code++;
        true_ms[code] = kStartMs + static_cast<std::int64_t>(site.now_ms());
        CHECK_TRUE(site.device->fault({.code = code, .state = FaultState::occurred}).has_value());
    }
    /// Every fault so far is stored, each within its own error, none with an error above `most_ms`.
    void all_within(std::int64_t most_ms) {
        CHECK_TRUE(site.drain(1h));
        LONGS_EQUAL(true_ms.size(), site.faults().size());
        for (const collector::FaultRow& row : site.faults()) {
            const std::int64_t off_ms = unix_ms(row.occurred_at) - true_ms.at(row.code);
            if (std::llabs(off_ms) > row.error_ms || row.error_ms > most_ms) {
                std::printf("fault %u is %lld ms off, stated error %lld ms, allowed %lld ms\n",
                            row.code, static_cast<long long>(off_ms),
                            static_cast<long long>(row.error_ms), static_cast<long long>(most_ms));
            }
            CHECK_TRUE(std::llabs(off_ms) <= row.error_ms);
            CHECK_TRUE(row.error_ms <= most_ms);
        }
    }
};

TEST(AgentTime, needs_no_clock_while_the_link_is_up) {
    boot();
    for (int day = 0; day < 20; ++day) fault_after(24h);
    all_within(kArrivalErrorMs + drift_ms(20 * kDayMs));
}

TEST(AgentTime, dates_ten_days_offline_without_a_clock_back_from_arrival) {
    boot();
    site.run_for(1min);
    site.link(false);
    for (int hour = 0; hour < 10 * 24; hour += 12) fault_after(12h);
    site.link(true);
    all_within(kArrivalErrorMs + drift_ms(11 * kDayMs));
}

TEST(AgentTime, dates_what_came_before_a_late_sync_by_the_sync) {
    site.link(false);
    boot();
    for (int hour = 0; hour < 72; hour += 6) fault_after(6h);
    quality = ClockQuality::synced;
    for (int hour = 0; hour < 72; hour += 6) fault_after(6h);
    site.link(true);
    all_within(kSyncedErrorMs + drift_ms(7 * kDayMs));
}

TEST(AgentTime, says_how_little_it_knows_of_a_boot_that_never_had_a_clock_or_a_link) {
    quality = ClockQuality::synced;
    boot();
    fault_after(1h);
    CHECK_TRUE(site.drain(1h));
    // Two days off the grid: a boot without clock and link between two known ones.
    quality = ClockQuality::unknown;
    reboot(5h);
    fault_after(1h);
    fault_after(20h);
    quality = ClockQuality::synced;
    reboot(30h);
    fault_after(1h);
    site.link(true);
    // The unknown boot lies somewhere in the 35 hours that the device was off.
    all_within(35 * kHourMs / 2 + 10 * 60'000);
}

TEST(AgentTime, withstands_a_clock_set_by_hand_that_jumps_forward_and_back) {
    boot();
    fault_after(1h);
    quality = ClockQuality::set_by_user;
    fault_after(1h);
    clock_error_ms = 3 * kHourMs;
    fault_after(1h);
    clock_error_ms = -26 * kHourMs;
    fault_after(1h);
    clock_error_ms = 400 * kDayMs;
    fault_after(1h);
    clock_error_ms = 0;
    fault_after(1h);
    all_within(kArrivalErrorMs + drift_ms(kDayMs));
}

TEST(AgentTime, withstands_a_synchronised_clock_that_runs_days_ahead_for_a_while) {
    quality = ClockQuality::synced;
    boot();
    fault_after(1h);
    clock_error_ms = 2 * kDayMs;
    fault_after(2h);
    fault_after(1h);
    clock_error_ms = 0;
    fault_after(1h);
    all_within(kSyncedErrorMs + drift_ms(kDayMs));
}

TEST(AgentTime, dates_a_jump_and_its_repair_offline_by_the_clock_that_is_right_when_it_sends) {
    site.link(false);
    quality = ClockQuality::synced;
    boot();
    fault_after(1h);
    clock_error_ms = 2 * kDayMs;
    fault_after(2h);
    clock_error_ms = -700 * kDayMs;
    fault_after(2h);
    clock_error_ms = 0;
    for (int day = 0; day < 4; ++day) fault_after(24h);
    site.link(true);
    all_within(kSyncedErrorMs + drift_ms(7 * kDayMs));
}

TEST(AgentTime, follows_a_counter_of_64_bits_past_32_of_them_offline) {
    boot();
    site.run_for(1min);
    site.link(false);
    for (int day = 0; day < 60; day += 5) fault_after(5 * 24h);
    site.link(true);
    all_within(kArrivalErrorMs + drift_ms(61 * kDayMs));
}

TEST(AgentTime, follows_a_counter_of_32_bits_that_wraps_while_the_link_is_up) {
    site.device.uptime_mask = UINT32_MAX;
    boot();
    for (int day = 0; day < 110; day += 2) fault_after(2 * 24h);
    CHECK_TRUE(site.now_ms() > 2 * (std::uint64_t{UINT32_MAX} + 1));
    all_within(kArrivalErrorMs + drift_ms(110 * kDayMs));
}

TEST(AgentTime, follows_a_counter_of_32_bits_that_wraps_offline) {
    site.device.uptime_mask = UINT32_MAX;
    boot();
    site.run_for(45 * 24h);
    site.link(false);
    for (int day = 0; day < 10; ++day) fault_after(24h);
    site.link(true);
    all_within(kArrivalErrorMs + drift_ms(60 * kDayMs));
}

TEST(AgentTime, takes_1970_at_the_first_boot_for_no_clock_at_all) {
    since_1970 = true;
    for (const ClockQuality claimed : {ClockQuality::set_by_user, ClockQuality::synced}) {
        quality = claimed;
        site.device.power_off();
        boot();
        fault_after(5min);
        fault_after(36h);
        all_within(kArrivalErrorMs + drift_ms(2 * kDayMs));
    }
    since_1970 = false;
    fault_after(1h);
    all_within(kArrivalErrorMs + drift_ms(5 * kDayMs));
}
