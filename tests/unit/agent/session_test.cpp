#include "agent/core/session.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "tests/unit/agent/appliance.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::agent;
using namespace std::chrono_literals;

TEST_GROUP(Connector) {
    const LinkTimes times{20'000, 1'000, 300'000, 5'000, 30'000};

    // A fleet against a broker that is down from 60 s for `outage_ms`; attempts a second since
    // then.
    std::uint32_t peak_after_outage(std::uint64_t outage_ms) {
        std::vector<Connector> fleet;
        for (std::uint64_t i = 0; i < 10'000; ++i) fleet.emplace_back(times, i + 1, 0);
        for (Connector& device : fleet) {
            CHECK_TRUE(device.begin_attempt(0));
            device.connected(0);
            device.proved_useful();
        }
        const std::uint64_t back_ms = 60'000 + outage_ms;
        for (Connector& device : fleet) device.lost(60'000);
        std::map<std::uint64_t, std::uint32_t> connects_by_second;
        for (Connector& device : fleet) {
            while (device.link() != Link::online) {
                const std::uint64_t now_ms = device.next_ms(0);
                CHECK_TRUE(device.begin_attempt(now_ms));
                if (now_ms < back_ms) {
                    device.lost(now_ms);
                } else {
                    device.connected(now_ms);
                    ++connects_by_second[now_ms / 1'000];
                }
            }
        }
        std::uint32_t peak = 0;
        for (const auto& [second, count] : connects_by_second) peak = std::max(peak, count);
        return peak;
    }
};

TEST(Connector, brings_ten_thousand_devices_back_at_a_bounded_rate) {
    // A blink: spread over the five seconds. An hour: over the five minutes of the back-off's cap.
    CHECK_TRUE(peak_after_outage(10) <= 2'200);
    CHECK_TRUE(peak_after_outage(3'600'000) <= 120);
}

TEST(Connector, keeps_backing_off_while_connections_do_not_last) {
    Connector device{times, 1, 0};
    std::uint64_t now_ms = 0;
    std::uint64_t longest = 0;
    for (int i = 0; i < 30; ++i) {
        CHECK_TRUE(device.begin_attempt(now_ms));
        device.connected(now_ms);
        device.lost(now_ms + 100);  // thrown out at once, as by an access list
        longest = std::max(longest, device.next_ms(0) - now_ms);
        now_ms = device.next_ms(0);
    }
    CHECK_TRUE(longest > 60'000);
}

TEST(Connector, an_urgent_record_brings_one_attempt_a_minute_forward) {
    Connector device{times, 1, 0};
    std::uint64_t now_ms = 0;
    for (int i = 0; i < 30; ++i) {  // far into the back-off
        now_ms = device.next_ms(now_ms);
        CHECK_TRUE(device.begin_attempt(now_ms));
        device.lost(now_ms);
    }
    // A fault every 100 ms for an hour, and no attempt ever succeeds.
    const std::uint64_t from_ms = now_ms;
    std::vector<std::uint64_t> attempts_ms;
    for (; now_ms < from_ms + 3'600'000; now_ms += 100) {
        device.urge(now_ms);
        if (!device.begin_attempt(now_ms)) continue;
        attempts_ms.push_back(now_ms);
        device.lost(now_ms);
    }
    CHECK_TRUE(attempts_ms.front() - from_ms <= 5'100);
    // One a minute by the faults, and the back-off's own: 300 s at most, 150 s on average.
    CHECK_TRUE(attempts_ms.size() >= 55 && attempts_ms.size() <= 60 + 3'600 / 75);
}

TEST(Connector, a_network_that_comes_up_ends_the_wait_and_an_attempt_that_hangs) {
    Connector device{times, 1, 0};
    CHECK_TRUE(device.begin_attempt(0));
    device.network_up(10'000);  // under way since the network before: not its whole 30 s more
    CHECK_TRUE(device.next_ms(10'000) <= 15'000);
    std::uint64_t now_ms = device.next_ms(10'000);
    CHECK_TRUE(device.attempt_timed_out(now_ms));
    CHECK_TRUE(device.next_ms(now_ms) - now_ms <= 1'000);  // the back-off begins anew
    for (int i = 0; i < 30; ++i) {
        now_ms = device.next_ms(now_ms);
        CHECK_TRUE(device.begin_attempt(now_ms));
        device.lost(now_ms);
    }
    device.network_up(now_ms);
    CHECK_TRUE(device.next_ms(now_ms) - now_ms <= 5'000);
}

TEST(Connector, the_first_attempt_of_a_boot_is_spread_and_a_device_about_to_sleep_does_not_wait) {
    std::uint64_t longest_ms = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        Connector device{times, seed, 0};
        device.boot(0, 10'000);
        CHECK_TRUE(device.next_ms(0) <= 10'000);
        longest_ms = std::max(longest_ms, device.next_ms(0));
    }
    CHECK_TRUE(longest_ms > 9'000);
    Connector device{times, 1, 0};
    device.boot(0, 10'000);
    device.hurry(3);
    CHECK_TRUE(device.begin_attempt(3));
    device.lost(3);
    const std::uint64_t due_ms = device.next_ms(0);
    device.hurry(3);  // but a broker that is away is not hurried
    LONGS_EQUAL(due_ms, device.next_ms(0));
}

TEST_GROUP(ByteBudget) {
    test::Appliance device;

    void take(std::uint64_t & bytes, std::uint32_t & faults) {
        for (const auto& message : device.published) {
            if (message.topic.ends_with("/up")) {
                bytes += message.topic.size() + message.payload.size() + 12;
            }
        }
        Seq urgent = 0, bulk = 0;
        while (const auto report = device.next_report()) {
            (report->header.lane == Lane::urgent ? urgent : bulk) = test::last_of(*report);
            for (const Record& record : report->records) {
                if (std::holds_alternative<Fault>(record.body)) ++faults;
            }
        }
        device.ack(urgent, bulk);
    }
};

TEST(ByteBudget, holds_bulk_to_its_rate_and_lets_urgent_pass) {
    device.options.bytes_per_day_max = 10'000;
    device.boot();
    std::uint64_t bytes = 0;
    std::uint32_t faults = 0;
    for (int quarter = 0; quarter < 30 * 96; ++quarter) {
        for (int i = 0; i < 5; ++i) static_cast<void>(device->reading(test::reading(1)));
        if (quarter % 96 == 0) CHECK_TRUE(device->fault(test::fault(18)).has_value());
        for (int i = 0; i < 60; ++i) {
            device.run_for(15s);
            take(bytes, faults);
        }
    }
    LONGS_EQUAL(30, faults);
    CHECK_TRUE(bytes > 9'000 * 30);
    // A day saved up at the start, then the rate; one report beyond.
    CHECK_TRUE(bytes < 10'000 * 31 + 2'000);
}
