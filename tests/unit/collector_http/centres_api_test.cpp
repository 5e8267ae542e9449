#include "tests/unit/collector_http/api_fixture.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using nlohmann::json;

TEST_GROUP(ApiCentres) {
    ApiFixture api;

    void setup() override {
        // 2026-01-01 was a Thursday; the fixture's now is its midnight, UTC.
        Calendar office;
        office.week = {};
        for (std::size_t day = 0; day < 5; ++day) office.week[day] = {{540, 1020}};
        api.sla.calendars = {{"office", office}};
        api.sla.otherwise.calendar = "office";
        api.sla.centres = {{.tenant = "acme",
                            .id = "north",
                            .name = "Service North",
                            .regions = {"DE-N"},
                            .jobs_per_day_max = 12,
                            .delivery = Delivery::mqtt},
                           {.id = "night", .calendar = "always", .languages = {"de"}},
                           {.tenant = "rival", .id = "theirs"}};
        api.data.loads = {{"", 3, 0, 0, 0}, {"north", 7, 2, 1, 4}, {"old", 1, 0, 0, 0}};
    }
    json item(std::size_t index) const {
        return api.body()["items"].at(index);
    }
};

TEST(ApiCentres, are_those_of_the_tenant_with_what_they_serve_and_have) {
    LONGS_EQUAL(200, api.get("/api/v1/centres", api.auditor).status);
    const json north = json::parse(R"({"id":"north","name":"Service North","configured":true,
        "regions":["DE-N"],"families":[],"skills":[],"languages":[],"capacity_per_day":12,
        "delivery":"mqtt","calendar":"office","is_open_now":false,
        "opens_at":"2026-01-01T09:00:00Z",
        "load":{"open_count":7,"at_risk_count":2,"breached_count":1,"over_capacity_count":4}})");
    STRCMP_EQUAL(north.dump().c_str(), item(0).dump().c_str());
    STRCMP_EQUAL("night", item(1)["name"].get<std::string>().c_str());
    CHECK(item(1)["is_open_now"] == true && item(1)["opens_at"].is_null());
    CHECK(item(1)["capacity_per_day"].is_null());
    LONGS_EQUAL(0, item(1)["load"]["open_count"]);
    // Only tickets know it; it is shown all the same, so that the counts add up.
    STRCMP_EQUAL("old", item(2)["id"].get<std::string>().c_str());
    CHECK(item(2)["configured"] == false);
    LONGS_EQUAL(3, api.body()["items"].size());
    LONGS_EQUAL(3, api.body()["without_centre"]["open_count"]);
}

TEST(ApiCentres, show_a_centre_itself) {
    LONGS_EQUAL(200, api.get("/api/v1/centres", api.north).status);
    LONGS_EQUAL(1, api.body()["items"].size());
    STRCMP_EQUAL("north", item(0)["id"].get<std::string>().c_str());
    CHECK(api.body()["without_centre"].is_null());
    // Also one that is in no configuration.
    api.sla.centres.clear();
    api.data.loads.clear();
    LONGS_EQUAL(200, api.get("/api/v1/centres", api.north).status);
    STRCMP_EQUAL("north", item(0)["id"].get<std::string>().c_str());
}

TEST(ApiCentres, are_counted_again_when_something_happened_for_a_twentieth_of_the_time_at_most) {
    const auto asked = [&](std::uint64_t newest_event, milliseconds later) {
        api.data.newest_event = newest_event;
        api.instant += later;
        api.data.loads[1].open_count = newest_event;
        LONGS_EQUAL(200, api.get("/api/v1/centres", api.maker).status);
        return item(0)["load"]["open_count"].get<int>();
    };
    api.data.while_counting = [&] { api.instant += milliseconds{50}; };
    LONGS_EQUAL(1, asked(1, {}));
    LONGS_EQUAL(1, asked(1, milliseconds{99'000}));
    LONGS_EQUAL(1, api.data.counts);  // nothing happened
    LONGS_EQUAL(2, asked(2, {}));
    LONGS_EQUAL(2, asked(3, milliseconds{999}));  // 20 · 50 ms have not passed
    LONGS_EQUAL(3, asked(3, milliseconds{1}));
    LONGS_EQUAL(3, api.data.counts);
    // Whoever asks while somebody counts does not wait.
    api.instant += milliseconds{5'000};
    api.data.while_counting = [&] {
        api.data.while_counting = [] {};
        LONGS_EQUAL(200, api.get("/api/v1/centres", api.auditor).status);
        LONGS_EQUAL(3, item(0)["load"]["open_count"].get<int>());
    };
    LONGS_EQUAL(9, asked(9, {}));
    LONGS_EQUAL(4, api.data.counts);
}

TEST(ApiCentres, tell_that_the_database_is_away) {
    api.data.broken = true;
    LONGS_EQUAL(503, api.get("/api/v1/centres", api.maker).status);
    LONGS_EQUAL(400, api.get("/api/v1/centres?state=open", api.maker).status);
}

TEST(ApiCentres, are_asked_by_somebody_who_is_told_who_he_is) {
    LONGS_EQUAL(200, api.get("/api/v1/me", api.north).status);
    STRCMP_EQUAL("centre", api.body()["role"].get<std::string>().c_str());
    STRCMP_EQUAL("north", api.body()["centre"].get<std::string>().c_str());
    CHECK(api.body()["may_change_rules"] == false);
    LONGS_EQUAL(200, api.get("/api/v1/me", api.maker).status);
    STRCMP_EQUAL("maker", api.body()["role"].get<std::string>().c_str());
    STRCMP_EQUAL("acme", api.body()["tenant"].get<std::string>().c_str());
    CHECK(api.body()["centre"].is_null());
    CHECK(api.body()["may_change_rules"] == true);
    LONGS_EQUAL(401, api.get("/api/v1/me", "act_wrong").status);
}
