#include "collector/core/intake/remote_settings.hpp"

#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

TEST_GROUP(RemoteSettings) {
    Station station;
    Appliance appliance;

    void setup() override {
        station.model().settings = {.version = 3, .reading_window_s = 300};
        station.enrol("wm-1");
    }
    // A report of a device that runs with that version.
    std::vector<std::pair<std::string, Config>> offers_to(std::uint32_t version, double hours) {
        const WallTime at = at_h(hours);
        station.go_to(at);
        Report report = appliance.report(at, {appliance.reading(at)});
        report.header.config_version = version;
        station.send(report);
        return station.commit().configs;
    }
    void refuse(std::uint32_t version) {
        const WallTime at = station.now().wall;
        const Record refusal =
            appliance.lifecycle(at, {.kind = LifecycleKind::config_refused,
                                     .config_version = version,
                                     .config_refusal = ConfigRefusal::bad_value});
        station.send(appliance.report(at, {refusal}));
    }
};

TEST(RemoteSettings, go_to_a_device_that_reports_an_older_version) {
    const auto offers = offers_to(2, 0);
    LONGS_EQUAL(1, offers.size());
    STRCMP_EQUAL("wm-1", offers[0].first.c_str());
    LONGS_EQUAL(3, offers[0].second.version);
    LONGS_EQUAL(300, offers[0].second.reading_window_s);
    LONGS_EQUAL(0, offers_to(3, 0.1).size());
    LONGS_EQUAL(0, offers_to(4, 0.2).size());
    LONGS_EQUAL(1, station.engine().statistics().configs_sent);
}

TEST(RemoteSettings, are_offered_at_most_once_an_hour) {
    LONGS_EQUAL(1, offers_to(0, 0).size());
    LONGS_EQUAL(0, offers_to(0, 0.9).size());
    LONGS_EQUAL(1, offers_to(0, 1.0).size());
}

TEST(RemoteSettings, are_not_offered_again_once_refused_until_there_is_a_newer_version) {
    LONGS_EQUAL(1, offers_to(0, 0).size());
    refuse(3);
    LONGS_EQUAL(0, station.commit().configs.size());
    LONGS_EQUAL(0, offers_to(0, 48).size());
    LONGS_EQUAL(1, station.engine().statistics().configs_refused);
    station.model().settings.version = 4;
    LONGS_EQUAL(1, offers_to(0, 49).size());
}

// Where each device stands is stored, so that it can be seen and a restart changes nothing.
TEST(RemoteSettings, applied_wanted_and_refused_versions_are_stored_and_survive_a_restart) {
    offers_to(2, 0);
    const auto& stored = [this]() -> const DeviceSettings& {
        return station.tables().settings.begin()->second.settings;
    };
    LONGS_EQUAL(2, stored().applied_version);
    LONGS_EQUAL(3, stored().wanted_version);
    LONGS_EQUAL(0, stored().refused_version);
    refuse(3);
    station.commit();
    station.restart();
    LONGS_EQUAL(0, offers_to(2, 48).size());
    LONGS_EQUAL(3, stored().refused_version);
    CHECK_TRUE(stored().refusal == ConfigRefusal::bad_value);
    station.model().settings.version = 4;
    LONGS_EQUAL(1, offers_to(2, 49).size());
    LONGS_EQUAL(4, stored().wanted_version);
    LONGS_EQUAL(3, stored().refused_version);
    offers_to(4, 50);
    LONGS_EQUAL(4, stored().applied_version);
    LONGS_EQUAL(0, stored().refused_version);
    LONGS_EQUAL(1, station.tables().settings.size());
}

TEST(RemoteSettings, of_a_model_without_any_are_never_sent) {
    station.model().settings = {};
    LONGS_EQUAL(0, offers_to(0, 0).size());
}
