#include "collector/core/intake/presence_book.hpp"

#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

TEST_GROUP(PresenceBook) {
    Station station;
    Appliance appliance;

    void setup() override {
        station.enrol("wm-1");
        station.commit();
    }
    void say(const std::string& device, bool online, const std::string& tenant = "brand") {
        const std::string topic(format_topic(tenant, device, Leg::presence).view());
        station.send_raw(topic, proto::Codec().encode_presence({.online = online, .boot = 3}));
    }
    void pass(std::int64_t seconds) {
        station.commit_at(station.now().wall + milliseconds{1'000 * seconds});
    }
    [[nodiscard]] std::size_t online() {
        return station.engine().statistics().devices_online;
    }
    [[nodiscard]] const std::map<DeviceNo, PresenceRow>& stored() const {
        return station.tables().presences;
    }
    [[nodiscard]] std::uint64_t refused(RefusalReason reason) {
        return station.engine().statistics().totals.refused[static_cast<std::size_t>(reason)];
    }
};

TEST(PresenceBook, follows_the_device_and_its_last_will) {
    pass(60);
    say("wm-1", true);
    station.commit();
    LONGS_EQUAL(1, online());
    pass(60);
    say("wm-1", false);
    pass(5);
    LONGS_EQUAL(0, online());
    LONGS_EQUAL(2, station.engine().statistics().presence_changes);
    pass(10);
    CHECK_FALSE(stored().at(1).presence.online);
    CHECK(stored().at(1).presence.since == at_h(125.0 / 3'600));
}

TEST(PresenceBook, stores_a_link_that_flaps_at_most_every_ten_seconds) {
    pass(60);
    int stores = 0;
    WallTime since{};
    for (int second = 0; second < 60; ++second) {
        say("wm-1", second % 2 == 0);
        pass(1);
        if (stored().empty() || stored().at(1).presence.since == since) continue;
        since = stored().at(1).presence.since;
        ++stores;
    }
    LONGS_EQUAL(60, station.engine().statistics().presence_changes);
    LONGS_EQUAL(6, stores);
}

TEST(PresenceBook, keeps_the_time_of_the_change_when_the_broker_tells_it_again) {
    pass(60);
    say("wm-1", true);
    pass(30);
    const WallTime since = stored().at(1).presence.since;
    station.restart();
    LONGS_EQUAL(1, online());
    say("wm-1", true);
    pass(3'600);
    CHECK(stored().at(1).presence.since == since);
    LONGS_EQUAL(0, station.engine().statistics().presence_changes);
}

TEST(PresenceBook, remembers_a_device_that_connects_before_it_is_known) {
    say("wm-2", true);
    say("elsewhere", true, "rival");
    station.commit();
    LONGS_EQUAL(0, online());
    LONGS_EQUAL(1, refused(RefusalReason::unknown_device));
    LONGS_EQUAL(1, refused(RefusalReason::unknown_tenant));
    station.enrol("wm-2");
    LONGS_EQUAL(1, online());
}

TEST(PresenceBook, counts_what_it_cannot_read_and_has_a_bound_for_strangers) {
    const std::string topic(format_topic("brand", "wm-1", Leg::presence).view());
    station.send_raw(topic, "\xff\xff\xff");
    station.send_raw(topic, std::string(kPresenceBytesMax + 1, 'x'));
    for (std::size_t i = 0; i < kEarlyPresencesMax + 50; ++i) {
        say("stranger-" + std::to_string(i), true);
    }
    station.commit();
    LONGS_EQUAL(1, refused(RefusalReason::bad_protobuf));
    LONGS_EQUAL(1, refused(RefusalReason::too_large));
    LONGS_EQUAL(kEarlyPresencesMax + 50, refused(RefusalReason::unknown_device));
    station.enrol("stranger-" + std::to_string(kEarlyPresencesMax - 1));
    LONGS_EQUAL(1, online());
    station.enrol("stranger-" + std::to_string(kEarlyPresencesMax));
    LONGS_EQUAL(1, online());
}

// promise: exactly-once
TEST(PresenceBook, neither_makes_nor_disturbs_telemetry) {
    const WallTime at = station.now().wall;
    const Report first = appliance.report(at, {appliance.reading(at)}, true);
    const Report second = appliance.report(at, {appliance.reading(at)}, true);
    say("wm-1", true);
    station.send(first);
    say("wm-1", false);
    station.send(second);
    say("wm-1", true);
    station.send(second);  // as if somebody had retained a report
    const Sent sent = station.commit();
    LONGS_EQUAL(1, sent.acks.size());
    UNSIGNED_LONGS_EQUAL(2, sent.acks[0].second.through[index(Lane::bulk)]);
    UNSIGNED_LONGS_EQUAL(2, station.engine().statistics().totals.records);
    UNSIGNED_LONGS_EQUAL(1, station.engine().statistics().totals.duplicate_records);
    LONGS_EQUAL(2, station.tables().raw.size());
}
