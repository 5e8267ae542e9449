#include "collector/core/desk/routing.hpp"

#include "collector/core/sla/calendar.hpp"
#include "common/time_text.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(Routing) {
    std::vector<ServiceCentre> centres;
    std::vector<DayLoad> loads;
    RouteFacts facts{.tenant = "acme",
                     .region = "DE-N",
                     .family = "dishwasher",
                     .skill = "pump",
                     .language = "de"};

    ServiceCentre& centre(const char* id, std::uint32_t jobs = 0, std::uint32_t jobs_max = 10) {
        centres.push_back({.tenant = "acme",
                           .id = id,
                           .regions = {"DE-N", "DE-HH"},
                           .families = {"dishwasher"},
                           .skills = {"pump", "electric"},
                           .languages = {"de"},
                           .jobs_per_day_max = jobs_max});
        loads.push_back({.job_count = jobs});
        return centres.back();
    }
    Route routed() const {
        return route(facts, centres, loads);
    }
    void check(const char* wanted, RouteQueue queue, const char* reason) const {
        const Route found = routed();
        STRCMP_EQUAL(wanted, found.centre.c_str());
        STRCMP_EQUAL(reason, found.reason.c_str());
        CHECK(found.queue == queue);
    }
};

TEST(Routing, takes_the_centre_with_the_smallest_part_of_its_day_taken) {
    centre("south", 9, 10);  // 90 %
    centre("north", 3, 12);  // 25 %
    centre("west", 2, 4);    // 50 %, though fewer jobs
    check("north", RouteQueue::none,
          "north: serves region DE-N, family dishwasher, skill pump; speaks de; 3 of 12 jobs "
          "today; next best: west 2 of 4 jobs today");
}

TEST(Routing, settles_ties_by_id_and_not_by_the_order_of_the_file) {
    centre("b", 1, 10);
    centre("a", 2, 20);
    STRCMP_EQUAL("a", routed().centre.c_str());
    std::swap(centres[0], centres[1]);
    std::swap(loads[0], loads[1]);
    STRCMP_EQUAL("a", routed().centre.c_str());
}

TEST(Routing, needs_tenant_region_family_and_skill) {
    centre("north");
    STRCMP_EQUAL("north", routed().centre.c_str());
    const auto refused = [&](std::string_view RouteFacts::*member, std::string_view other) {
        RouteFacts kept = facts;
        facts.*member = other;
        const Route found = routed();
        CHECK(found.centre.empty() && found.queue == RouteQueue::unroutable);
        facts = kept;
        return found.reason;
    };
    STRCMP_EQUAL("no service centre serves region DE-S",
                 refused(&RouteFacts::region, "DE-S").c_str());
    STRCMP_EQUAL("no service centre serves region (unknown)",
                 refused(&RouteFacts::region, "").c_str());
    STRCMP_EQUAL("no service centre serves family fridge",
                 refused(&RouteFacts::family, "fridge").c_str());
    STRCMP_EQUAL("no service centre serves skill gas", refused(&RouteFacts::skill, "gas").c_str());
    refused(&RouteFacts::tenant, "rival");
}

TEST(Routing, takes_any_where_a_list_is_left_out_and_no_skill_is_needed) {
    centres.push_back({.id = "all", .jobs_per_day_max = 5});
    loads.resize(1);
    check("all", RouteQueue::none, "all: takes every ticket; 0 of 5 jobs today");
    facts.region = facts.language = "";
    STRCMP_EQUAL("all", routed().centre.c_str());
    centre("north");
    facts = {.tenant = "acme", .region = "DE-N", .family = "dishwasher"};
    loads[0].job_count = 4;
    STRCMP_CONTAINS("north: serves region DE-N, family dishwasher; 0 of 10",
                    routed().reason.c_str());
}

TEST(Routing, says_what_each_lacks_when_every_part_is_served_by_somebody) {
    centre("north").skills = {"electric"};
    centre("south").regions = {"DE-S"};
    check("", RouteQueue::unroutable,
          "no service centre serves all of region DE-N, family dishwasher, skill pump: north lacks "
          "skill pump; south lacks region DE-N");
}

TEST(Routing, keeps_to_the_device_s_own_centre_while_it_serves_and_has_room) {
    centre("own", 9, 10);
    centre("other", 0, 10);
    facts.home = "own";
    check("own", RouteQueue::none,
          "own: the device's own centre; serves region DE-N, family dishwasher, skill pump; speaks "
          "de; 9 of 10 jobs today; next best: other 0 of 10 jobs today");
    loads[0].job_count = 10;
    const Route elsewhere = routed();
    STRCMP_EQUAL("other", elsewhere.centre.c_str());
    STRCMP_CONTAINS("the device's own centre own is full", elsewhere.reason.c_str());
    facts.home = "gone";
    STRCMP_CONTAINS("the device's own centre gone does not serve this", routed().reason.c_str());
}

TEST(Routing, flags_what_goes_to_a_full_centre_because_all_are) {
    centre("north", 12, 10);  // 120 %
    centre("south", 11, 10);  // 110 %
    const Route found = routed();
    STRCMP_EQUAL("south", found.centre.c_str());
    CHECK(found.queue == RouteQueue::over_capacity);
    STRCMP_CONTAINS("11 of 10 jobs today: over capacity, like all that fit", found.reason.c_str());
    facts.home = "north";
    STRCMP_EQUAL("north", routed().centre.c_str());
}

TEST(Routing, prefers_the_customer_s_language_and_says_when_nobody_speaks_it) {
    centre("a", 0, 10);
    centre("b", 5, 10).languages = {"de", "fr"};
    facts.language = "fr";
    STRCMP_EQUAL("b", routed().centre.c_str());
    STRCMP_CONTAINS("; speaks fr;", routed().reason.c_str());
    loads[1].job_count = 10;
    STRCMP_EQUAL("a", routed().centre.c_str());
    STRCMP_CONTAINS("does not speak fr as b does, which is full", routed().reason.c_str());
    facts.language = "it";
    STRCMP_EQUAL("a", routed().centre.c_str());
    STRCMP_CONTAINS("nobody who fits speaks it", routed().reason.c_str());
}

TEST(Routing, counts_no_day_where_there_is_no_limit) {
    centre("open", 500, 0);
    centre("small", 1, 100);
    check("open", RouteQueue::none,
          "open: serves region DE-N, family dishwasher, skill pump; speaks de; 500 jobs today, no "
          "limit; next best: small 1 of 100 jobs today");
}

TEST_GROUP(ServiceDate) {
    Calendar calendar;
    void setup() override {
        // 09:00-12:00 and 13:00-17:00 on workdays, two hours ahead of UTC, closed on Monday 28th.
        calendar.week = {};
        for (std::size_t day = 0; day < 5; ++day) calendar.week[day] = {{540, 720}, {780, 1020}};
        calendar.offsets = {{WallTime::min(), 120}};
        calendar.holidays = {"2026-12-28"};
    }
    std::string date(const char* at) const {
        return next_service_date(calendar, *parse_rfc3339(at));
    }
};

TEST(ServiceDate, is_today_while_hours_are_left_and_else_the_next_working_day) {
    STRCMP_EQUAL("2026-12-24", date("2026-12-23T22:30:00Z").c_str());  // 00:30 there
    STRCMP_EQUAL("2026-12-24", date("2026-12-24T10:30:00Z").c_str());  // at lunch
    STRCMP_EQUAL("2026-12-24", date("2026-12-24T14:59:59Z").c_str());
    STRCMP_EQUAL("2026-12-25", date("2026-12-24T15:00:00Z").c_str());  // 17:00: over
    STRCMP_EQUAL("2026-12-29", date("2026-12-25T15:00:00Z").c_str());  // weekend and holiday
    calendar.week = {};
    STRCMP_EQUAL("2026-12-24", date("2026-12-24T10:30:00Z").c_str());  // never open
    STRCMP_EQUAL("2026-12-24",
                 local_date(calendar, *parse_rfc3339("2026-12-23T22:30:00Z")).c_str());
}
