// Who may do what, route by route, and that nothing crosses from one tenant or centre to another.
#include <algorithm>

#include "tests/integration/api/route_cases.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

TEST_GROUP(Rights) {
    House house;

    struct Asked {
        Response response;
        std::string said;  ///< everything the caller sent
        std::string what;  ///< for messages
    };
    Asked ask(const RouteCase& route, Caller caller) {
        const House::Filled filled = house.fill(route.target, route.body);
        Asked asked{house.ask(caller, method_of(route), filled.target, filled.body),
                    filled.target + filled.body,
                    {}};
        asked.what = std::string(to_string(caller)) + ": " + std::string(method_of(route)) + " " +
                     filled.target + " → " + asked.response.body;
        return asked;
    }
    /// What of `secrets` is in the answer and was not in the question.
    static std::string leak(const Asked& asked, const std::set<std::string>& secrets) {
        std::string headers;
        for (const auto& [name, value] : asked.response.headers) headers += name + value;
        for (const std::string& secret : secrets) {
            if (asked.said.find(secret) != std::string::npos) continue;
            if ((asked.response.body + headers).find(secret) != std::string::npos) return secret;
        }
        return {};
    }
};

TEST(Rights, are_written_down_for_every_route) {
    for (const std::string& route : api_routes()) {
        const bool known = std::any_of(route_cases().begin(), route_cases().end(),
                                       [&](const RouteCase& one) { return one.route == route; });
        CHECK_TEXT(known,
                   (route + ": add a RouteCase to tests/integration/api/route_cases.cpp with "
                            "a request that works and what each caller is answered, and the "
                            "route to docs/api/openapi.yaml")
                       .c_str());
    }
    const std::vector<std::string> routes = api_routes();
    for (const RouteCase& one : route_cases()) {
        CHECK_TEXT(
            std::find(routes.begin(), routes.end(), one.route) != routes.end(),
            (std::string(one.route) + " is no route any more: take its RouteCase out").c_str());
    }
}

// promise: nothing-crosses
TEST(Rights, are_the_same_for_a_route_whoever_asks_and_nothing_crosses) {
    for (const RouteCase& route : route_cases()) {
        for (const Caller caller : kCallers) {
            const Asked asked = ask(route, caller);
            LONGS_EQUAL_TEXT(route.answers[static_cast<std::size_t>(caller)], asked.response.status,
                             asked.what.c_str());
            const std::string leaked = leak(asked, house.secrets_from(caller));
            CHECK_TEXT(leaked.empty(), (leaked + " crossed to " + asked.what).c_str());
        }
    }
}

// promise: nothing-crosses
TEST(Rights, that_are_refused_change_nothing) {
    for (const RouteCase& route : route_cases()) {
        for (const Caller caller : kCallers) {
            if (route.answers[static_cast<std::size_t>(caller)] < 400) continue;
            const House::Filled filled = house.fill(route.target, route.body);
            const std::uint64_t before = house.content();
            house.ask(caller, method_of(route), filled.target, filled.body);
            CHECK_TEXT(before == house.content(),
                       (std::string(to_string(caller)) + ": " + filled.target).c_str());
        }
    }
}

// promise: nothing-crosses
TEST(Rights, to_an_id_are_the_tenants_own) {
    // Two brands number their cases alike, and neither hears of the other's.
    const std::string call =
        R"({"direction":"inbound","contact_id":"call-of-acme-north","device_id":"rival-north"})";
    const Response contact = house.ask(Caller::rival, "POST", "/api/v1/contacts", call);
    LONGS_EQUAL_TEXT(201, contact.status, contact.body.c_str());
    const std::string visit =
        R"({"id":"outcome-of-acme-north","device_id":"rival-north","code":"no_fault_found"})";
    const std::string theirs =
        "SELECT group_concat(ticket_id || state || version) FROM ticket "
        "WHERE tenant = 'acme'";
    const std::string before = house.database().sql(theirs);
    const Response outcome = house.ask(Caller::rival, "POST", "/api/v1/outcomes", visit);
    LONGS_EQUAL_TEXT(201, outcome.status, outcome.body.c_str());
    STRCMP_EQUAL(before.c_str(), house.database().sql(theirs).c_str());
    STRCMP_EQUAL("2", house.database()
                          .sql("SELECT count(*) FROM outcome WHERE outcome_id = "
                               "'outcome-of-acme-north'")
                          .c_str());
}

// promise: nothing-crosses
TEST(Rights, to_correct_an_outcome_are_of_the_centre_that_reported_it) {
    const std::uint64_t before = house.content();
    const Response answer = house.ask(
        Caller::south, "POST", "/api/v1/outcomes",
        R"({"id":"outcome-of-acme-north","device_id":"acme-south","code":"no_fault_found"})");
    LONGS_EQUAL_TEXT(409, answer.status, answer.body.c_str());
    CHECK_TRUE(before == house.content());
    const Response contact = house.ask(
        Caller::south, "POST", "/api/v1/contacts",
        R"({"direction":"inbound","contact_id":"call-of-acme-north","device_id":"acme-south"})");
    LONGS_EQUAL_TEXT(409, contact.status, contact.body.c_str());
    CHECK_TRUE(before == house.content());
}

// promise: nothing-crosses
TEST(Rights, of_a_topic_are_its_tenants) {
    const auto& sql = house.database();
    const std::string others = "SELECT group_concat(quote(state) || last_seen_at) FROM device";
    const std::string refused = "SELECT coalesce(sum(count), 0) FROM quarantine WHERE reason = ";
    const std::string before = sql.sql(others);
    const std::string strangers = sql.sql(refused + "'unknown_device'");
    // A device of another tenant, and a tenant that this collector does not serve.
    house.serve(std::array{House::fault("acme", "rival-north")});
    house.serve(std::array{House::fault("stranger", "acme-north")});
    STRCMP_EQUAL(before.c_str(), sql.sql(others).c_str());
    LONGS_EQUAL(std::stoi(strangers) + 1, std::stoi(sql.sql(refused + "'unknown_device'")));
    STRCMP_EQUAL("1", sql.sql(refused + "'unknown_tenant'").c_str());
    const std::string kept = house.ask(Caller::rival, "GET", "/api/v1/quarantine").body;
    CHECK_TRUE(kept.find("rival-stranger") != std::string::npos);
    CHECK_TRUE(kept.find("/rival-north/up") == std::string::npos);
}

// promise: nothing-crosses
TEST(Rights, to_refused_messages_are_of_the_tenant_that_their_topic_names) {
    const auto seen = [&](Caller caller) {
        return house.ask(caller, "GET", "/api/v1/quarantine").body;
    };
    const std::string mine = seen(Caller::maker);
    STRCMP_CONTAINS("acme-stranger", mine.c_str());
    STRCMP_CONTAINS("\"count\":1,", mine.c_str());
    // Everything of the other tenant's, of tenants that nobody serves, and of no tenant: floods
    // too.
    const std::string up = House::fault("rival", "rival-north").topic;
    const std::string report = House::fault("rival", "rival-north").payload;
    std::vector<Message> refused;
    for (const char* topic :
         {"aftercare/v1/rival/99/x/up", "aftercare/v1/stranger/99/x/up",
          "aftercare/v1/acme2/99/x/up", "aftercare/v1//99/x/up",
          "aftercare-desk/v1/rival/north/outcomes", "aftercare-desk/v1/stranger/north/outcomes",
          "aftercare/acme/up", "acme"}) {
        refused.push_back({topic, report});
    }
    for (int i = 0; i < 150; ++i) refused.push_back({up, "garbage"});
    house.serve(refused);
    STRCMP_EQUAL(mine.c_str(), seen(Caller::maker).c_str());
    STRCMP_EQUAL(mine.c_str(), seen(Caller::auditor).c_str());
    STRCMP_CONTAINS("\"count\":150,", seen(Caller::rival).c_str());
    CHECK_TRUE(seen(Caller::rival).find("99/x/up") != std::string::npos);

    // And what the other tenant takes in after all is its own.
    const auto retry = [&](Caller caller) {
        return house.ask(caller, "POST", "/api/v1/quarantine/unknown_device/retry").body;
    };
    house.ask(Caller::rival, "POST", "/api/v1/devices",
              R"({"device_id":"rival-stranger","model":"WM-1"})");
    STRCMP_CONTAINS("\"stored\":\"now\"", retry(Caller::rival).c_str());
    STRCMP_EQUAL(mine.c_str(), seen(Caller::maker).c_str());
    house.ask(Caller::maker, "POST", "/api/v1/devices",
              R"({"device_id":"acme-stranger","model":"WM-1"})");
    STRCMP_EQUAL(R"({"items":[{"id":"1","stored":"now"}],"kept_in_part":0})",
                 retry(Caller::maker).c_str());
    // Nobody's are there for the operator, who reads the database itself.
    STRCMP_EQUAL(
        "6", house.database().sql("SELECT sum(count) FROM quarantine WHERE tenant = ''").c_str());
}
