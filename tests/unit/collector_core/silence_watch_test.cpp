// Devices that fall silent, with the stand-in detector: true three hours after the last report.
#include "collector/core/intake/silence_watch.hpp"

#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

RulePack with_silence() {
    RulePack pack = washing_rules();
    pack.rules[1].when = {.kind = PredicateKind::silence, .duration = hours_ms(3)};
    return pack;
}

}  // namespace

TEST_GROUP(SilenceWatch) {
    Station station{Station::default_settings(), with_silence()};
    Appliance quiet{.id = "wm-1"};
    Appliance lively{.id = "wm-2"};

    void setup() override {
        station.enrol(quiet.id);
        station.enrol(lively.id);
    }
    void speaks(Appliance & device, double hour) {
        station.go_to(at_h(hour));
        station.send(device.report(at_h(hour), {device.fault(at_h(hour), 9)}));
        (void)station.commit();
    }
    /// The other device goes on reporting, every half hour.
    void lively_until(double hour) {
        for (double at = as_hours(station.now().wall - at_h(0)) + 0.5; at <= hour; at += 0.5) {
            speaks(lively, at);
        }
    }
};

TEST(SilenceWatch, opens_one_ticket_for_the_device_that_is_silent) {
    speaks(quiet, 0);
    lively_until(2.5);
    LONGS_EQUAL(0, station.tables().tickets.size());
    lively_until(9);
    STRCMP_EQUAL("wm-1", station.ticket().device_id.c_str());
    CHECK(station.ticket().detected_at == at_h(3));
}

TEST(SilenceWatch, a_collector_that_hears_nobody_calls_nobody_silent) {
    speaks(quiet, 0);
    speaks(lively, 0.1);
    for (double hour = 1; hour < 20; ++hour) (void)station.commit_at(at_h(hour));
    LONGS_EQUAL(0, station.tables().tickets.size());
    // Who comes back first does not make the others silent: they get an hour too.
    speaks(lively, 20);
    LONGS_EQUAL(0, station.tables().tickets.size());
    speaks(quiet, 20.5);
    lively_until(22);
    LONGS_EQUAL(0, station.tables().tickets.size());
}

TEST(SilenceWatch, after_a_restart_devices_have_an_hour_to_come_back) {
    speaks(quiet, 0);
    lively_until(2);
    station.go_to(at_h(10));
    station.restart();
    lively_until(10.9);
    LONGS_EQUAL(0, station.tables().tickets.size());
    lively_until(12);
    LONGS_EQUAL(1, station.tables().tickets.size());
}

TEST(SilenceWatch, who_withdrew_every_consent_is_silent_as_asked) {
    quiet.purposes = 0;
    quiet.consent_epoch = 2;
    speaks(quiet, 0);
    lively_until(9);
    LONGS_EQUAL(0, station.tables().tickets.size());
}
