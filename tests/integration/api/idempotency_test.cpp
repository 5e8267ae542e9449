// A request with an Idempotency-Key is done once, whatever becomes of its answer.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/integration/api/route_cases.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

TEST_GROUP(Idempotency) {
    House house;

    Response post(const House::Filled& what, const std::string& key,
                  Caller caller = Caller::maker) {
        return house.ask(caller, "POST", what.target, what.body, {{"idempotency-key", key}});
    }
    static bool replayed(const Response& response) {
        return std::any_of(response.headers.begin(), response.headers.end(), [](const auto& one) {
            return one.first == "Idempotent-Replayed" && one.second == "true";
        });
    }
    static std::string field_of(const Response& response) {
        return nlohmann::json::parse(response.body).value("field", "");
    }
    House::Filled call() {
        return house.fill("/api/v1/contacts",
                          R"({"direction":"inbound","contact_id":"k-{n}","device_id":"{device}"})");
    }
};

// promise: once-per-key
TEST(Idempotency, holds_for_every_route_that_changes_something) {
    int number = 0;
    for (const RouteCase& of : route_cases()) {
        if (method_of(of) != "POST" || done_again(of)) continue;
        const std::string what(of.target);
        const std::string key = "key-" + std::to_string(++number);
        const House::Filled asked = house.fill(of.target, of.body);
        const Response first = post(asked, key);
        CHECK_TEXT(first.status < 300, (what + first.body).c_str());
        CHECK_FALSE(replayed(first));
        const std::uint64_t commits = house.commits();
        const Response second = post(asked, key);
        CHECK_TEXT(replayed(second), (what + ": use submit() of routes.hpp").c_str());
        LONGS_EQUAL(first.status, second.status);
        STRCMP_EQUAL(first.body.c_str(), second.body.c_str());
        CHECK_TEXT(house.commits() == commits, what.c_str());
        const Response other = post({asked.target, asked.body + " "}, key);
        LONGS_EQUAL_TEXT(422, other.status, what.c_str());
        STRCMP_EQUAL("Idempotency-Key", field_of(other).c_str());
    }
}

// promise: once-per-key
TEST(Idempotency, holds_when_the_program_dies_between_commit_and_answer) {
    const House::Filled asked = call();
    std::vector<Response> answers;
    const auto ask = [&](const std::string& key) {
        house.api().handle(
            {"POST",
             asked.target,
             {{"authorization", "Bearer " + house.token(Caller::maker)}, {"idempotency-key", key}},
             asked.body},
            [&](Response response) { answers.push_back(std::move(response)); });
    };
    ask("k");
    ask("k");  // in flight
    LONGS_EQUAL(1, answers.size());
    LONGS_EQUAL(409, answers[0].status);
    house.serve();
    LONGS_EQUAL(2, answers.size());
    LONGS_EQUAL(201, answers[1].status);
    // Nobody heard the answer.
    house.restart();
    const Response again = post(asked, "k");
    CHECK_TRUE(replayed(again));
    LONGS_EQUAL(201, again.status);
    STRCMP_EQUAL(answers[1].body.c_str(), again.body.c_str());
}

TEST(Idempotency, is_each_tokens_own) {
    const House::Filled asked = call();
    LONGS_EQUAL(201, post(asked, "k").status);
    const Response other = post(asked, "k", Caller::centre);
    LONGS_EQUAL(200, other.status);  // the contact's own id says that it is known
    CHECK_FALSE(replayed(other));
}

TEST(Idempotency, does_not_keep_refusals) {
    const House::Filled asked =
        house.fill("/api/v1/tickets/{ticket}/transition", R"({"to":"lapsed"})");
    LONGS_EQUAL(422, post(asked, "k").status);
    const Response again = post({asked.target, R"({"to":"scheduled"})"}, "k");
    LONGS_EQUAL(200, again.status);
    CHECK_FALSE(replayed(again));
}

TEST(Idempotency, ends_after_a_day) {
    const House::Filled asked = call();
    post(asked, "k");
    house.pass(kAnswerKept - milliseconds{5'000});
    CHECK_TRUE(replayed(post(asked, "k")));
    house.pass(milliseconds{10'000});
    const Response late = post(asked, "k");
    CHECK_FALSE(replayed(late));
    LONGS_EQUAL(200, late.status);
    CHECK_TRUE(replayed(post(asked, "k")));  // kept afresh
}

TEST(Idempotency, takes_no_key_that_cannot_be_one) {
    for (const std::string& key :
         {std::string(129, 'k'), std::string("a b"), std::string("\xff")}) {
        const Response response = post(call(), key);
        LONGS_EQUAL(400, response.status);
        STRCMP_EQUAL("Idempotency-Key", field_of(response).c_str());
    }
    LONGS_EQUAL(201, post(call(), std::string(128, 'k')).status);
}

TEST(Idempotency, keeps_the_newest_answers_of_each_token_and_forgets_old_ones) {
    const auto fill = [&](const std::string& token, std::size_t count, milliseconds apart) {
        Commit commit;
        for (std::size_t i = 1; i <= count; ++i) {
            commit.answers.push_back({"acme", token, "k" + std::to_string(i), "f",
                                      house.now() + apart * static_cast<int>(i), 200, "{}"});
        }
        house.store(commit);
    };
    const auto kept = [&](const std::string& token) {
        return house.database().sql(
            "SELECT count(*) || ' ' || min(turn) FROM kept_answer WHERE "
            "token = '" +
            token + "'");
    };
    fill("busy", kAnswersPerTokenMax + 3, milliseconds{1});
    STRCMP_EQUAL("10000 4", kept("busy").c_str());
    // One an hour: those of the last day, and what a purge of two at a time has not reached.
    fill("slow", 100, milliseconds{3'600'000});
    STRCMP_EQUAL("25 76", kept("slow").c_str());
}
