#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

Settings asking() {
    Settings settings = Station::default_settings();
    settings.consent_query_every = hours_ms(7 * 24);
    return settings;
}

}  // namespace

TEST_GROUP(ConsentQueries) {
    Station station{asking()};
    Appliance appliance;

    void setup() override {
        station.enrol("wm-1");
    }
    std::size_t queries(std::uint32_t epoch, double hours) {
        const WallTime at = at_h(hours);
        station.go_to(at);
        appliance.consent_epoch = epoch;
        station.send(appliance.report(at, {appliance.reading(at)}));
        return station.commit().consent_queries.size();
    }
};

TEST(ConsentQueries, go_at_most_once_a_week_to_a_device_whose_owner_was_never_asked) {
    LONGS_EQUAL(1, queries(0, 0));
    LONGS_EQUAL(0, queries(0, 1));
    LONGS_EQUAL(0, queries(0, 167.9));
    LONGS_EQUAL(1, queries(0, 168));
    LONGS_EQUAL(2, station.engine().statistics().consent_queries);
}

TEST(ConsentQueries, end_with_the_owners_answer) {
    LONGS_EQUAL(1, queries(0, 0));
    LONGS_EQUAL(0, queries(1, 200));
    LONGS_EQUAL(0, queries(1, 400));
}
