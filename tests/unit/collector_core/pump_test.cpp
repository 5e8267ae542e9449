#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

TEST_GROUP(Pump) {
    Station station;
    Appliance appliance;

    std::uint64_t refused(RefusalReason reason) {
        return station.engine().statistics().totals.refused[static_cast<std::size_t>(reason)];
    }
    std::string topic(std::string_view tenant, std::string_view device) {
        return std::string{format_topic(tenant, device, Leg::up).view()};
    }
    Report report() {
        const WallTime at = station.now().wall;
        return appliance.report(at, {appliance.reading(at)});
    }
};

// promise: bad-input
TEST(Pump, quarantines_each_kind_of_bad_input_under_its_own_reason) {
    station.enrol("wm-1");
    station.enrol("wm-2");
    const std::string good = proto::Codec{}.encode_report(report());
    struct Case {
        std::string topic;
        std::string payload;
        RefusalReason reason;
    };
    const std::vector<Case> table{
        {"telemetry/else", good, RefusalReason::bad_topic},
        {"aftercare/v1/brand/00/a b/up", good, RefusalReason::bad_topic},
        {std::string{format_topic("brand", "wm-1", Leg::down).view()}, good,
         RefusalReason::bad_topic},
        {"aftercare/v1/brand/99/wm-1/up", good, RefusalReason::wrong_bucket},
        {topic("nobody", "wm-1"), good, RefusalReason::unknown_tenant},
        {topic("other", "wm-1"), good, RefusalReason::unknown_device},
        {topic("brand", "wm-2"), good, RefusalReason::device_mismatch},
        {topic("brand", "wm-1"), std::string(10'000'000, 'x'), RefusalReason::too_large},
        {topic("brand", "wm-1"), good.substr(0, good.size() / 2), RefusalReason::bad_protobuf},
        {topic("brand", "wm-1"), "\xff\xfe\x01garbage", RefusalReason::bad_protobuf},
    };
    std::array<std::uint64_t, kRefusalReasonCount> expected{};
    for (const Case& one : table) {
        station.send_raw(one.topic, one.payload);
        ++expected[static_cast<std::size_t>(one.reason)];
        station.commit();
        for (std::size_t i = 0; i < kRefusalReasonCount; ++i) {
            const auto reason = std::string{to_string(static_cast<RefusalReason>(i))};
            const auto count = refused(static_cast<RefusalReason>(i));
            CHECK_EQUAL_TEXT(expected[i], count, (one.topic + " " + reason).c_str());
        }
    }
    appliance.next_seq = {1, 1};
    station.send(report());
    station.commit();
    UNSIGNED_LONGS_EQUAL(1, station.engine().statistics().totals.records);
}

TEST(Pump, keeps_a_bounded_sample_of_a_flood) {
    Commit commit;
    for (int i = 0; i < 1000; ++i) {
        station.engine().on_refused({RefusalReason::bad_protobuf, "no"}, std::string(999, 't'),
                                    std::string(99'999, 'p'), station.now(), commit);
    }
    station.engine().finish(commit);
    LONGS_EQUAL(100, commit.quarantine.size());
    LONGS_EQUAL(256, commit.quarantine[0].topic.size());
    LONGS_EQUAL(kQuarantineSampleBytesMax, commit.quarantine[0].sample.size());
    UNSIGNED_LONGS_EQUAL(99'999, commit.quarantine[0].size_bytes);
    UNSIGNED_LONGS_EQUAL(1000, refused(RefusalReason::bad_protobuf));
}

TEST(Pump, enrols_unknown_devices_of_a_known_tenant_when_that_is_open) {
    Settings settings = Station::default_settings();
    settings.open_enrolment = true;
    Station open{settings};
    open.send(report());
    open.commit();
    LONGS_EQUAL(1, open.tables().devices.size());
    const DeviceInfo& info = open.tables().devices.at(1).info;
    STRCMP_EQUAL("WM-200", info.model.c_str());
    STRCMP_EQUAL("1.0", info.firmware.c_str());
    CHECK_TRUE(info.first_seen_at == open.now().wall);
    open.send(report(), "nobody");
    open.commit();
    LONGS_EQUAL(1, open.tables().devices.size());
}

TEST(Pump, registration_creates_changes_and_leaves_alone) {
    DeviceInfo info;
    info.tenant = "brand";
    info.device_id = "wm-9";
    info.model = "WM-200";
    info.region = "north";
    CHECK(station.command(RegisterDevice{info})->kind == CommandReply::Kind::created);
    CHECK(station.command(RegisterDevice{info})->kind == CommandReply::Kind::unchanged);
    info.region = "south";
    info.firmware = "9.9";  // telemetry-borne: not the maker's to say
    info.no = 77;
    CHECK(station.command(RegisterDevice{info})->kind == CommandReply::Kind::updated);
    const DeviceInfo& stored = station.tables().devices.at(1).info;
    STRCMP_EQUAL("south", stored.region.c_str());
    STRCMP_EQUAL("", stored.firmware.c_str());
    info.tenant = "nobody";
    CHECK(station.command(RegisterDevice{info}).error().code == Errc::not_found);
    info.tenant = "brand";
    info.device_id = "a b";
    CHECK(station.command(RegisterDevice{info}).error().code == Errc::invalid);
}

TEST(Pump, answers_commands_only_when_they_are_stored) {
    bool answered = false;
    DeviceInfo info;
    info.tenant = "brand";
    info.device_id = "wm-9";
    PendingCommand pending{RegisterDevice{info}, [&](Result<CommandReply>) { answered = true; }};
    station.store.fail_next(1);
    CHECK_FALSE(station.pump().run({}, std::span{&pending, 1}, station.now()).has_value());
    CHECK_FALSE(answered);
    CHECK_TRUE(station.pump().retry().has_value());
    CHECK_TRUE(answered);
}

TEST(Pump, consent_follows_the_newest_epoch) {
    station.enrol("wm-1");
    appliance.consent_epoch = 3;
    appliance.purposes = bit(Purpose::safety);
    station.send(report());
    appliance.consent_epoch = 2;
    appliance.purposes = kAllPurposes;
    station.send(report());
    station.commit();
    UNSIGNED_LONGS_EQUAL(3, station.tables().devices.at(1).info.consent_epoch);
    UNSIGNED_LONGS_EQUAL(bit(Purpose::safety),
                         station.tables().devices.at(1).info.consent_purposes);
}

TEST(Pump, a_batch_of_duplicates_only_is_counted_for_ever) {
    station.enrol("wm-1");
    const WallTime at = station.now().wall;
    const Report report = appliance.report(at, {appliance.reading(at), appliance.reading(at)});
    station.send(report);
    station.commit();
    station.send(report);
    LONGS_EQUAL(1, station.commit().acks.size());
    LONGS_EQUAL(2, station.tables().totals.duplicate_records);
    station.restart();
    LONGS_EQUAL(2, station.engine().statistics().totals.duplicate_records);
}
