#include "collector/core/intake/ack_policy.hpp"

#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

TEST_GROUP(AckPolicy) {
    Station station;
    Appliance appliance;

    void setup() override {
        station.enrol("wm-1");
        send_reading();  // the greeting
        LONGS_EQUAL(1, station.commit().acks.size());
    }
    void send_reading(bool ack_now = false) {
        const WallTime at = station.now().wall;
        station.send(appliance.report(at, {appliance.reading(at)}, ack_now));
    }
};

TEST(AckPolicy, answers_at_once_when_asked_and_once_a_commit) {
    for (int i = 0; i < 3; ++i) send_reading(true);
    const Sent sent = station.commit();
    LONGS_EQUAL(1, sent.acks.size());
    STRCMP_EQUAL("wm-1", sent.acks[0].first.c_str());
    UNSIGNED_LONGS_EQUAL(4, sent.acks[0].second.through[index(Lane::bulk)]);
    UNSIGNED_LONGS_EQUAL(0, sent.acks[0].second.through[index(Lane::urgent)]);
}

TEST(AckPolicy, is_lazy_until_enough_reports_came) {
    for (int i = 0; i < 15; ++i) send_reading();
    LONGS_EQUAL(0, station.commit().acks.size());
    send_reading();
    const Sent sent = station.commit();
    LONGS_EQUAL(1, sent.acks.size());
    UNSIGNED_LONGS_EQUAL(17, sent.acks[0].second.through[index(Lane::bulk)]);
}

TEST(AckPolicy, is_lazy_until_the_delay_has_passed) {
    send_reading();
    LONGS_EQUAL(0, station.commit().acks.size());
    LONGS_EQUAL(0, station.commit_at(station.now().wall + milliseconds{9'999}).acks.size());
    LONGS_EQUAL(1, station.commit_at(station.now().wall + milliseconds{1}).acks.size());
    LONGS_EQUAL(0, station.commit_at(station.now().wall + milliseconds{60'000}).acks.size());
}

TEST(AckPolicy, spreads_the_lazy_acks_of_a_whole_fleet_over_commits) {
    constexpr std::size_t kDevices = 2 * kAcksPerTickMax + 5;
    const Settings settings;
    AckPolicy policy(settings);
    std::vector<DeviceEntry> devices(kDevices);
    const Instant noon{milliseconds{1'000'000}};
    for (DeviceEntry& device : devices) {
        device.streams.push_back({.id = 1});
        device.ack.greeted = true;
        policy.applied(device, 1, false, noon);
    }
    std::vector<std::size_t> acks;
    for (int i = 0; i < 4; ++i) {
        Commit commit;
        policy.on_tick(noon + settings.ack_delay_lazy);
        policy.finish(commit);
        acks.push_back(commit.publications.size());
    }
    CHECK_TRUE((acks == std::vector<std::size_t>{kAcksPerTickMax, kAcksPerTickMax, 5, 0}));
}

TEST(AckPolicy, answers_a_resend_at_once) {
    const WallTime at = station.now().wall;
    const Report report = appliance.report(at, {appliance.reading(at)});
    station.send(report);
    LONGS_EQUAL(0, station.commit().acks.size());
    station.send(report);
    const Sent sent = station.commit();
    LONGS_EQUAL(1, sent.acks.size());
    UNSIGNED_LONGS_EQUAL(2, sent.acks[0].second.through[index(Lane::bulk)]);
    UNSIGNED_LONGS_EQUAL(1, station.engine().statistics().totals.duplicate_records);
}

TEST(AckPolicy, greets_every_device_once_after_a_restart) {
    station.restart();
    send_reading();
    LONGS_EQUAL(1, station.commit().acks.size());
    send_reading();
    LONGS_EQUAL(0, station.commit().acks.size());
}

TEST(AckPolicy, says_nothing_before_the_commit_is_stored) {
    station.store.fail_next(2);
    send_reading(true);
    const auto refused = station.pump().run(station.inbox, {}, station.now());
    CHECK_FALSE(refused.has_value());
    CHECK_TRUE(station.pump().stalled());
    CHECK_FALSE(station.pump().retry().has_value());
    const auto sent = station.pump().retry();
    CHECK_TRUE(sent.has_value());
    LONGS_EQUAL(1, sent->size());
    CHECK_FALSE(station.pump().stalled());
}
