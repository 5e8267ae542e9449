// A month without a link, then the link returns: a fault of that moment does not wait behind the
// month, the month arrives all the same, and nothing is ever unbounded.
#include <set>

#include "tests/sim/agent_site.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace std::chrono_literals;

namespace {
constexpr std::uint32_t kLastFault = 900;
}

TEST_GROUP(AgentOutage) {
    test::Site site;
    std::map<Seq, std::uint64_t> fault_made_ms;
    std::map<Seq, std::uint64_t> fault_acked_ms;
    std::uint64_t bulk_acked = 0;
    std::uint32_t cycles = 0;

    void setup() override {
        CHECK_TRUE(site.device.boot());
        site.on_ack = [this](const Ack& ack) {
            for (const auto& [seq, made] : fault_made_ms) {
                if (seq <= ack.through[0]) fault_acked_ms.try_emplace(seq, site.now_ms());
            }
            bulk_acked = std::max(bulk_acked, ack.through[1]);
        };
    }
    Seq fault(std::uint32_t code) {
        Fault fault{.code = code, .state = FaultState::occurred};
        fault.snapshot.add({1, 21.5F});
        const auto accepted = site.device->fault(fault);
        CHECK_TRUE(accepted && accepted->durable);
        fault_made_ms[accepted->seq] = site.now_ms();
        return accepted->seq;
    }
    void live_hour(std::uint64_t hour) {
        CHECK_TRUE(site.device->reading(test::hourly_reading(hour)).has_value());
        if (hour % 8 == 5) CHECK_TRUE(site.device->usage(test::cycle(++cycles)).has_value());
        if (hour % 24 == 13) fault(100 + static_cast<std::uint32_t>(hour % 7));
        site.run_for(1h);
    }
    // Thirty days offline; the backlog is what 30 days make, all of it held.
    void live_offline_month() {
        for (std::uint64_t hour = 0; hour < 24; ++hour) live_hour(hour);
        CHECK_TRUE(site.drain(5min));
        site.link(false);
        for (std::uint64_t hour = 24; hour < 31 * 24; ++hour) live_hour(hour);
        const agent::State state = site.device->state();
        LONGS_EQUAL(30 * 24 + 30 * 3, state.lanes[1].held_count);
        CHECK_TRUE(state.lanes[0].held_count >= 30);
        for (const std::uint32_t dropped : state.dropped) LONGS_EQUAL(0, dropped);
    }
};

// One month each for the two things that end the wait: the network says that it is up, or, where
// nothing tells the device, the fault itself.
TEST(AgentOutage, acknowledges_a_fault_within_seconds_of_the_link_while_a_month_waits) {
    live_offline_month();
    const std::uint64_t bulk_before = bulk_acked;
    const Seq seq = fault(kLastFault);
    site.run_for(1h);  // whatever the fault brought forward has failed
    site.link(true);
    site.device->network_up();
    const std::uint64_t back_ms = site.now_ms();
    site.connected_at_ms = 0;
    while (site.connected_at_ms == 0) site.run_for(10ms);
    const agent::Options& options = site.device.options;
    CHECK_TRUE(site.connected_at_ms - back_ms <=
               options.reconnect_spread_ms + 2 * test::kTransitMs + 10);

    while (!fault_acked_ms.contains(seq)) site.run_for(10ms);
    const std::uint64_t took_ms = fault_acked_ms[seq] - site.connected_at_ms;
    CHECK_TRUE(took_ms <= 3'000);
    const std::uint64_t bulk_then = bulk_acked;
    CHECK_TRUE(site.device->state().lanes[1].held_count >
               (30 * 24 + 30 * 3) / 2);  // the month still waits

    CHECK_TRUE(site.drain(10min));
    CHECK_TRUE(bulk_acked > bulk_then && bulk_acked > bulk_before);
    LONGS_EQUAL(0, site.station.engine().statistics().totals.gap_records);
    LONGS_EQUAL(31 * 24 + 31 * 3, bulk_acked);
    LONGS_EQUAL(fault_made_ms.size(), site.faults().size());
    for (const std::uint32_t most : site.in_flight_max) {
        CHECK_TRUE(most <= options.reports_in_flight_max);
    }
    CHECK_TRUE(site.in_flight_max[1] == options.reports_in_flight_max);  // and the window was used
    std::printf(
        "agent outage: connected %.1f s after the network, fault acknowledged %.2f s after "
        "that\n",
        static_cast<double>(site.connected_at_ms - back_ms) / 1e3,
        static_cast<double>(took_ms) / 1e3);
}

TEST(AgentOutage, a_fault_itself_brings_the_next_attempt_forward_where_nothing_tells_of_the_link) {
    live_offline_month();
    site.link(true);
    const Seq seq = fault(kLastFault);
    const std::uint64_t made_ms = site.now_ms();
    while (!fault_acked_ms.contains(seq)) site.run_for(10ms);
    CHECK_TRUE(fault_acked_ms[seq] - made_ms <= site.device.options.reconnect_spread_ms + 3'000);
    CHECK_TRUE(site.device->state().lanes[1].held_count > (30 * 24 + 30 * 3) / 2);
    std::printf(
        "agent outage: without a word from the network, acknowledged %.1f s after the fault\n",
        static_cast<double>(fault_acked_ms[seq] - made_ms) / 1e3);
}

TEST(AgentOutage, serves_both_lanes_while_the_backlog_drains_and_faults_keep_coming) {
    live_offline_month();
    site.link(true);
    site.connected_at_ms = 0;
    while (site.connected_at_ms == 0) site.run_for(10ms);
    // A fault every half second: the bulk lane moves on in every second all the same.
    std::uint64_t slowest_ms = 0;
    for (int second = 0; site.device->state().lanes[1].held_count > 40; ++second) {
        CHECK_TRUE(second < 600);
        const std::uint64_t bulk_before = bulk_acked;
        fault(200);
        site.run_for(500ms);
        fault(201);
        site.run_for(500ms);
        if (second >= 2) CHECK_TRUE(bulk_acked > bulk_before);
    }
    site.run_for(10s);
    for (const auto& [seq, made] : fault_made_ms) {
        CHECK_TRUE(fault_acked_ms.contains(seq));
        if (made < site.connected_at_ms) continue;
        slowest_ms = std::max(slowest_ms, fault_acked_ms[seq] - made);
    }
    CHECK_TRUE(slowest_ms <= 3'000);
    std::printf("agent outage: slowest fault during the drain acknowledged after %.2f s\n",
                static_cast<double>(slowest_ms) / 1e3);
}
