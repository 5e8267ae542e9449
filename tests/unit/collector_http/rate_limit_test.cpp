#include "collector/io/http/rate_limit.hpp"

#include "tests/unit/collector_http/api_fixture.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(RateLimiter){static Instant at(std::int64_t ms){return Instant{milliseconds{ms}};
}
static std::int64_t wait(aftercare::collector::RateLimiter& limiter, const char* who,
                         std::int64_t ms) {
    return limiter.wait_of(who, at(ms)).value_or(milliseconds{0}).count();
}
}
;

TEST(RateLimiter, grants_a_burst_and_then_the_rate) {
    // Two a second after a burst of three: half a second for each further one.
    aftercare::collector::RateLimiter limiter({.per_second = 2, .burst = 3});
    for (int i = 0; i < 3; ++i) LONGS_EQUAL(0, wait(limiter, "a", 1'000));
    LONGS_EQUAL(500, wait(limiter, "a", 1'000));
    LONGS_EQUAL(250, wait(limiter, "a", 1'250));
    LONGS_EQUAL(0, wait(limiter, "a", 1'500));
    LONGS_EQUAL(500, wait(limiter, "a", 1'500));
    // Rested for long, it is a burst again and no more.
    for (int i = 0; i < 3; ++i) LONGS_EQUAL(0, wait(limiter, "a", 99'000));
    LONGS_EQUAL(500, wait(limiter, "a", 99'000));
    LONGS_EQUAL(4, limiter.refused());
}

TEST(RateLimiter, holds_callers_apart) {
    aftercare::collector::RateLimiter limiter({.per_second = 1, .burst = 1});
    LONGS_EQUAL(0, wait(limiter, "a", 0));
    LONGS_EQUAL(0, wait(limiter, "b", 0));
    LONGS_EQUAL(1'000, wait(limiter, "a", 0));
}

TEST(RateLimiter, forgets_rested_callers_and_lets_newcomers_share_when_all_are_busy) {
    aftercare::collector::RateLimiter limiter({.per_second = 1, .burst = 1}, 2);
    LONGS_EQUAL(0, wait(limiter, "a", 0));
    LONGS_EQUAL(0, wait(limiter, "b", 500));
    LONGS_EQUAL(0, wait(limiter, "c", 500));
    LONGS_EQUAL(1'000, wait(limiter, "d", 500));
    // By 1.6 s a has rested, b has too: the table has room again.
    LONGS_EQUAL(0, wait(limiter, "d", 1'600));
    LONGS_EQUAL(1'000, wait(limiter, "d", 1'600));
}

TEST(RateLimiter, takes_the_addresses_of_one_subscriber_for_one_caller) {
    STRCMP_EQUAL("192.0.2.1", caller_of("192.0.2.1").c_str());
    STRCMP_EQUAL("::ffff:192.0.2.1", caller_of("::ffff:192.0.2.1").c_str());
    STRCMP_EQUAL(caller_of("2001:db8:1:2:aaaa:bbbb:cccc:dddd").c_str(),
                 caller_of("2001:db8:1:2::7").c_str());
    CHECK_TRUE(caller_of("2001:db8:1:2::7") != caller_of("2001:db8:1:3::7"));
    CHECK_TRUE(caller_of("::1") != caller_of("2001:db8::1"));
}

TEST_GROUP(ApiLimits) {
    ApiFixture api{
        {.token = {.per_second = 1, .burst = 2}, .address = {.per_second = 1, .burst = 2}}};

    std::string retry_after() const {
        for (const auto& [name, value] : api.last.headers) {
            if (name == "Retry-After") return value;
        }
        return {};
    }
};

TEST(ApiLimits, refuse_a_token_that_asks_too_often_and_no_other) {
    LONGS_EQUAL(200, api.get("/api/v1/devices", api.maker).status);
    LONGS_EQUAL(200, api.get("/api/v1/devices", api.maker).status);
    LONGS_EQUAL(429, api.get("/api/v1/devices", api.maker).status);
    STRCMP_EQUAL("1", retry_after().c_str());
    LONGS_EQUAL(200, api.get("/api/v1/devices", api.north).status);
    LONGS_EQUAL(1, api.api.statistics().limited_by_token);
    api.instant += milliseconds{1'000};
    LONGS_EQUAL(200, api.get("/api/v1/devices", api.maker).status);
}

TEST(ApiLimits, refuse_an_address_that_guesses_tokens_but_not_its_good_ones_nor_probes) {
    LONGS_EQUAL(401, api.get("/api/v1/devices", "act_guess").status);
    LONGS_EQUAL(401, api.get("/api/v1/devices", "").status);
    LONGS_EQUAL(429, api.get("/api/v1/devices", "act_guess").status);
    LONGS_EQUAL(429, api.get("/metrics", "").status);
    LONGS_EQUAL(200, api.get("/healthz", "").status);
    LONGS_EQUAL(200, api.get("/api/v1/devices", api.maker).status);
    LONGS_EQUAL(2, api.api.statistics().limited_by_address);
}
