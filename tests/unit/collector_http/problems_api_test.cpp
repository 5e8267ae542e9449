#include "tests/unit/collector_http/api_fixture.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(ApiProblems) {
    ApiFixture api;

    void setup() override {
        for (const char* tenant : {"acme", "rival"}) {
            ProblemDetail detail;
            detail.problem.id = std::string("P-") + tenant;
            detail.problem.tenant = tenant;
            detail.problem.rule_id = "pump";
            detail.problem.device_count = 1;
            detail.problem.version = 4;
            detail.events = {{"", 1, api.now, "engine", "started", "because"}};
            ProblemDevice device;
            device.device_id = "wm-1";
            device.evidence_json = R"([{"sentence":"it drags"}])";
            detail.devices.items = {device};
            detail.devices.next_cursor = "next";
            api.data.problems.push_back(detail);
        }
    }
};

TEST(ApiProblems, are_listed_within_the_tenant) {
    LONGS_EQUAL(200, api.get("/api/v1/problems?state=unsettled&rule=pump&model=M&limit=7&cursor=c",
                             api.auditor)
                         .status);
    LONGS_EQUAL(1, api.body()["items"].size());
    STRCMP_EQUAL("P-acme", api.body()["items"][0]["id"].get<std::string>().c_str());
    STRCMP_EQUAL("more", api.body()["next_cursor"].get<std::string>().c_str());
    const ProblemFilter& asked = api.data.last_problems;
    STRCMP_EQUAL("acme unsettled pump M c", (asked.tenant + " " + asked.state + " " +
                                             asked.rule_id + " " + asked.model + " " + asked.cursor)
                                                .c_str());
    LONGS_EQUAL(7, asked.limit);
    LONGS_EQUAL(400, api.get("/api/v1/problems?state=nonsense", api.maker).status);
    LONGS_EQUAL(400, api.get("/api/v1/problems?colour=red", api.maker).status);
}

TEST(ApiProblems, are_shown_with_events_and_a_page_of_devices) {
    const Response response = api.get("/api/v1/problems/P-acme?limit=5&cursor=c", api.maker);
    LONGS_EQUAL(200, response.status);
    CHECK(std::count(response.headers.begin(), response.headers.end(),
                     std::pair<std::string, std::string>{"ETag", "\"4\""}) == 1);
    STRCMP_EQUAL("pump", api.body()["rule_id"].get<std::string>().c_str());
    STRCMP_EQUAL("started", api.body()["events"][0]["kind"].get<std::string>().c_str());
    const auto devices = api.body()["devices"];
    STRCMP_EQUAL("next", devices["next_cursor"].get<std::string>().c_str());
    STRCMP_EQUAL("it drags",
                 devices["items"][0]["evidence"][0]["sentence"].get<std::string>().c_str());
    CHECK(devices["items"][0]["ticket_id"].is_null());
    STRCMP_EQUAL("c", api.data.last_problem.cursor.c_str());
    LONGS_EQUAL(404, api.get("/api/v1/problems/P-rival", api.maker).status);
    LONGS_EQUAL(404, api.get("/api/v1/problems/P-none", api.maker).status);
}

TEST(ApiProblems, are_no_business_of_a_centre) {
    LONGS_EQUAL(403, api.get("/api/v1/problems", api.north).status);
    LONGS_EQUAL(403, api.get("/api/v1/problems/P-acme", api.north).status);
    for (const std::string& token : {api.north, api.auditor}) {
        LONGS_EQUAL(403,
                    api.post("/api/v1/problems/P-acme/release", token, R"({"reason":"w"})").status);
    }
    LONGS_EQUAL(0, api.taken.size());
}

TEST(ApiProblems, are_decided_about_by_a_maker) {
    api.engine_reply = CommandReply{CommandReply::Kind::updated, "P-acme", ""};
    LONGS_EQUAL(200, api.ask("POST", "/api/v1/problems/P-acme/release", api.maker,
                             R"({"reason":"they are real"})", {{"if-match", "\"4\""}})
                         .status);
    LONGS_EQUAL(200,
                api.post("/api/v1/problems/P-acme/roll_up", api.maker, R"({"reason":"w"})").status);
    LONGS_EQUAL(200, api.post("/api/v1/problems/P-acme/resolve", api.maker,
                              R"({"reason":"w","code":"fixed_remotely"})")
                         .status);
    const auto& release = std::get<ChangeProblem>(api.taken.at(0));
    STRCMP_EQUAL("P-acme", release.problem_id.c_str());
    STRCMP_EQUAL("they are real", release.why.c_str());
    STRCMP_EQUAL("api:", release.who.substr(0, 4).c_str());
    CHECK(release.to == ProblemState::released && release.expected_version == 4U);
    CHECK(std::get<ChangeProblem>(api.taken.at(1)).to == ProblemState::rolled_up);
    const auto& resolve = std::get<ChangeProblem>(api.taken.at(2));
    CHECK(resolve.to == ProblemState::resolved && resolve.code == OutcomeCode::fixed_remotely);
}

TEST(ApiProblems, name_what_is_wrong_with_a_decision) {
    LONGS_EQUAL(422, api.post("/api/v1/problems/P-acme/release", api.maker, "{}").status);
    STRCMP_EQUAL("reason", api.field().c_str());
    LONGS_EQUAL(422, api.post("/api/v1/problems/P-acme/resolve", api.maker,
                              R"({"reason":"w","code":"magic"})")
                         .status);
    STRCMP_EQUAL("code", api.field().c_str());
    LONGS_EQUAL(422, api.post("/api/v1/problems/P-acme/roll_up", api.maker,
                              R"({"reason":"w","code":"fixed_remotely"})")
                         .status);
    LONGS_EQUAL(
        404, api.post("/api/v1/problems/P-rival/release", api.maker, R"({"reason":"w"})").status);
    LONGS_EQUAL(405, api.get("/api/v1/problems/P-acme/release", api.maker).status);
    LONGS_EQUAL(0, api.taken.size());
}
