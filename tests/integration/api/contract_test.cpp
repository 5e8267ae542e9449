// The contract, proved against a real server on a real database: every route is in the document and
// every documented route exists, each answer has a documented status and the shape of its schema,
// and each documented status is one that was really provoked.
#include <algorithm>

#include "collector/io/http/server.hpp"
#include "tests/integration/api/contract.hpp"
#include "tests/integration/api/route_cases.hpp"
#include "tests/support/http_client.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Question {
    std::string method, target, body;
    Headers headers;
};

std::string with_query(const std::string& target, const std::string& more) {
    return target + (target.find('?') == std::string::npos ? "?" : "&") + more;
}

/// The path of a route with "nothing" for an id, without the query.
std::string about_nothing(const RouteCase& of) {
    std::string path(of.route.substr(of.route.find(' ') + 1));
    const std::size_t mark = path.find("{}");
    return mark == std::string::npos ? path : path.replace(mark, 2, "nothing");
}

}  // namespace

TEST_GROUP(Contract) {
    House house;
    Contract contract;
    std::unique_ptr<Server> server;
    std::map<std::string, std::set<unsigned>> seen;

    void setup() override {
        auto started = Server::start(
            {}, [this](Request request, Reply reply) { reply(house.ask(std::move(request))); });
        CHECK_TRUE(started.has_value());
        server = std::move(*started);
    }
    void teardown() override {
        server.reset();
    }
    /// A stream does not end, so it is not asked for by the server.
    Response ask_for_stream(const Question& question, const std::string& token) {
        std::map<std::string, std::string, std::less<>> headers;
        if (!token.empty()) headers["authorization"] = "Bearer " + token;
        return house.ask({question.method, question.target, std::move(headers), {}});
    }
    Response ask(const Question& question, const std::string& token) {
        if (question.target.rfind("/api/v1/events", 0) == 0) return ask_for_stream(question, token);
        auto reply = test::http(
            {.method = question.method,
             .url = "http://127.0.0.1:" + std::to_string(server->port()) + question.target,
             .body = question.body,
             .token = token,
             .headers = question.headers});
        CHECK_TEXT(reply.has_value(), reply ? "" : reply.error().message.c_str());
        return {
            static_cast<unsigned>(reply->status), reply->headers["content-type"], reply->body, {}};
    }
    /// Asks and holds the answer against the contract.
    unsigned prove(const RouteCase& of, const Question& question, Caller caller) {
        const std::string route(of.route);
        const Response response =
            ask(question, caller == Caller::nobody ? std::string{} : house.token(caller));
        seen[route].insert(response.status);
        const std::string mistake = contract.mistake(route, response);
        CHECK_TEXT(mistake.empty(),
                   (route + " in docs/api/openapi.yaml: " + mistake + "\n  asked " +
                    question.target + " " + question.body.substr(0, 200) + "\n  answered " +
                    std::to_string(response.status) + " " + response.body.substr(0, 1'000))
                       .c_str());
        return response.status;
    }
    Question question_of(const RouteCase& of, Headers headers = {}) {
        House::Filled filled = house.fill(of.target, of.body);
        if (!filled.body.empty() && headers.empty()) {
            headers.emplace_back("Content-Type", "application/json");
        }
        return {std::string(method_of(of)), filled.target, filled.body, std::move(headers)};
    }
    /// What may be odd or wrong with a request of any route.
    void provoke(const RouteCase& of) {
        const auto by_maker = [&](const Question& question) {
            return prove(of, question, Caller::maker);
        };
        Question question = question_of(of, {{"Accept", "text/csv"}});
        by_maker(question);
        question = question_of(of);
        by_maker(question);
        by_maker(question);  // once more the same
        question.target = with_query(question.target, "nonsense=1");
        by_maker(question);
        question.target = with_query(question.target, "nonsense=2");
        LONGS_EQUAL(400, by_maker(question));
        question = question_of(of);
        const std::string query(of.target.substr(std::min(of.target.find('?'), of.target.size())));
        question.target = about_nothing(of) + query;
        by_maker(question);
        if (of.body.empty()) return;
        for (const std::string& body : {std::string("{"), std::string(R"({"nonsense":1})"),
                                        std::string(1'100'000, ' '), std::string()}) {
            question = question_of(of);
            question.body = body;
            by_maker(question);
        }
        by_maker(question_of(of, {{"Content-Type", "text/plain"}}));
    }
    /// Of a key that is in use: 409 while its first request is, 422 for another request.
    void provoke_keys(const RouteCase& of) {
        if (method_of(of) == "GET" || done_again(of)) return;
        const Question question = question_of(of);
        const std::string key = house.fill("key-{n}");
        std::vector<Response> answers;
        for (int i = 0; i < 2; ++i) {
            house.api().handle({question.method,
                                question.target,
                                {{"authorization", "Bearer " + house.token(Caller::maker)},
                                 {"idempotency-key", key}},
                                question.body},
                               [&](Response answer) { answers.push_back(std::move(answer)); });
        }
        LONGS_EQUAL_TEXT(409, answers.at(0).status, question.target.c_str());
        STRCMP_EQUAL("", contract.mistake(std::string(of.route), answers[0]).c_str());
        house.serve();
        seen[std::string(of.route)].insert(409);
        Question other = question;
        other.body += " ";
        other.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", key}};
        LONGS_EQUAL(422, prove(of, other, Caller::maker));
    }
    /// What only some routes can refuse.
    void provoke_conflicts() {
        const auto ask_maker = [&](std::string_view route, std::string_view target,
                                   std::string_view body, Headers headers, unsigned status) {
            const RouteCase of{route, target, body, {}};
            headers.emplace_back("Content-Type", "application/json");
            LONGS_EQUAL(status, prove(of, question_of(of, std::move(headers)), Caller::maker));
        };
        constexpr std::string_view kTransition = "POST /api/v1/tickets/{}/transition";
        ask_maker(kTransition, "/api/v1/tickets/{ticket}/transition", R"({"to":"scheduled"})",
                  {{"If-Match", "\"1\""}}, 412);
        const std::pair<std::string_view, std::string_view> actions[] = {
            {"assign", R"({"assignee":"anna"})"},
            {"escalate", R"({"level":1,"why":"waits"})"},
            {"comment", R"({"text":"rang"})"},
            {"route", R"({"centre":"north","why":"theirs"})"},
            {"merge", R"({"into":"{case}"})"}};
        for (const auto& [action, body] : actions) {
            const std::string name(action);
            ask_maker("POST /api/v1/tickets/{}/" + name, "/api/v1/tickets/{ticket}/" + name, body,
                      {{"If-Match", "\"1\""}}, 412);
        }
        for (const char* action : {"release", "roll_up", "resolve"}) {
            const std::string tail = std::string("/") + action;
            const char* body = tail == "/resolve" ? R"({"reason":"w","code":"fixed_remotely"})"
                                                  : R"({"reason":"w"})";
            ask_maker("POST /api/v1/problems/{}" + tail, "/api/v1/problems/{problem}" + tail, body,
                      {{"If-Match", "\"99\""}}, 412);
        }
        // The same failure again, and then the earlier ticket is to be opened too.
        ask_maker("POST /api/v1/contacts", "/api/v1/contacts",
                  R"({"direction":"inbound","contact_id":"c-{n}","device_id":"{device}",
                      "failure_mode":"drain_pump_blocked"})",
                  {}, 201);
        ask_maker(kTransition, "/api/v1/tickets/{case}/transition", R"({"to":"open"})", {}, 409);
        ask_maker("POST /api/v1/contacts", "/api/v1/contacts",
                  R"({"direction":"inbound","contact_id":"call-of-acme-south",
                      "device_id":"{device}"})",
                  {}, 409);
        house.reloaded = fail(Errc::invalid, "rules.toml:9:3: count: allowed are 1 … 32");
        ask_maker("POST /api/v1/rules/reload", "/api/v1/rules/reload", "", {}, 422);
        const RouteCase outcome{"POST /api/v1/outcomes",
                                "/api/v1/outcomes",
                                R"({"id":"outcome-of-acme-south","device_id":"{device}",
                                    "code":"no_fault_found"})",
                                {}};
        LONGS_EQUAL(409, prove(outcome, question_of(outcome), Caller::centre));
    }
};

TEST(Contract, names_the_routes_that_there_are) {
    std::vector<std::string> known = api_routes();
    std::sort(known.begin(), known.end());
    std::vector<std::string> documented = contract.routes(false);
    for (const std::string& route : known) {
        CHECK_TEXT(std::binary_search(documented.begin(), documented.end(), route),
                   (route + " is not in docs/api/openapi.yaml").c_str());
    }
    for (const std::string& route : documented) {
        CHECK_TEXT(std::binary_search(known.begin(), known.end(), route),
                   (route + " is in docs/api/openapi.yaml only").c_str());
    }
}

// promise: contract-kept
TEST(Contract, is_kept_by_every_answer_and_promises_none_that_does_not_come) {
    for (const RouteCase& of : route_cases()) {
        for (const Caller caller : kCallers) prove(of, question_of(of), caller);
        provoke(of);
        provoke_keys(of);
    }
    provoke_conflicts();
    std::vector<std::pair<const RouteCase*, Question>> later;
    for (const RouteCase& of : route_cases()) later.emplace_back(&of, question_of(of));
    house.close();
    for (const auto& [of, question] : later) prove(*of, question, Caller::maker);
    house.limit_to({.token = {.per_second = 1, .burst = 0}});
    for (const auto& [of, question] : later) prove(*of, question, Caller::maker);
    house.limit_to({});
    house.lose_database();
    for (const auto& [of, question] : later) {
        LONGS_EQUAL(503, prove(*of, question, Caller::maker));
    }
    for (const std::string& route : api_routes()) {
        for (const unsigned status : contract.statuses(route)) {
            CHECK_TEXT(seen[route].contains(status),
                       (route + ": status " + std::to_string(status) +
                        " is documented in docs/api/openapi.yaml, and nothing here provokes it: "
                        "take it out, or provoke it in tests/integration/api/contract_test.cpp")
                           .c_str());
        }
    }
}

// promise: contract-kept
TEST(Contract, of_what_needs_no_token) {
    for (const std::string& route : contract.routes(true)) {
        const std::string path = route.substr(route.find(' ') + 1);
        const Response response = ask({"GET", path, {}, {}}, {});
        LONGS_EQUAL_TEXT(200, response.status, route.c_str());
        STRCMP_EQUAL_TEXT("", contract.mistake(route, response).c_str(), route.c_str());
    }
    house.figures.conditions.front().met = false;
    house.figures.conditions.front().why = "stopping";
    const Response unready = ask({"GET", "/readyz", {}, {}}, {});
    LONGS_EQUAL(503, unready.status);
    STRCMP_EQUAL("", contract.mistake("GET /readyz", unready).c_str());
}
