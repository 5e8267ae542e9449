// A consent query from the collector that ships to the agent that ships, and the owner's answer
// back.
#include "tests/unit/agent/appliance.hpp"
#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t kSafetyOnly = 1U << static_cast<unsigned>(Purpose::safety);

collector::Settings asking() {
    collector::Settings settings = Station::default_settings();
    settings.consent_query_every = hours_ms(7 * 24);
    return settings;
}

}  // namespace

TEST_GROUP(ConsentWay) {
    Station station{asking()};
    test::Appliance device;

    void setup() override {
        device.options.tenant = "brand";
        device.options.device_id = "wm-1";
        device.options.model = "WM-200";
        station.enrol("wm-1");
        CHECK_TRUE(device.boot());
        device.run_for(1s);
    }
    // What the device published goes up, what the collector has to say comes down.
    std::size_t exchange() {
        for (; !device.published.empty(); device.published.pop_front()) {
            test::Published& message = device.published.front();
            if (!message.topic.ends_with("/up")) continue;
            station.send_raw(message.topic, message.payload);
        }
        const auto sent = station.commit();
        for (const auto& [id, ack] : sent.acks) device.down(ack);
        for (const auto& [id, query] : sent.consent_queries) device.down(query);
        device.run_for(61s);
        return sent.consent_queries.size();
    }
};

TEST(ConsentWay, the_owner_is_asked_once_and_the_answer_is_in_force_at_both_ends) {
    LONGS_EQUAL(1, exchange());
    LONGS_EQUAL(1, device.consent_queries.size());
    CHECK_TRUE(device->consent(4, kSafetyOnly).has_value());
    CHECK_TRUE(device->usage({}).error() == Errc::denied);
    device.run_for(61s);
    LONGS_EQUAL(0, exchange());
    const collector::DeviceInfo& known = station.tables().devices.begin()->second.info;
    LONGS_EQUAL(4, known.consent_epoch);
    LONGS_EQUAL(kSafetyOnly, known.consent_purposes);
}
