#include "common/rng.hpp"

#include <cmath>

#include "common/backoff.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;

TEST_GROUP(Rng){};

TEST(Rng, one_seed_is_one_stream) {
    Rng a{42}, b{42}, c{43};
    const auto first = a.next();
    CHECK(first == b.next());
    CHECK(first != c.next());
}

TEST(Rng, moments_match_the_distributions) {
    Rng rng{7};
    constexpr int kDraws = 200'000;
    double uniform = 0, exponential = 0, normal = 0, normal_squared = 0, weibull = 0;
    for (int i = 0; i < kDraws; ++i) {
        uniform += rng.uniform();
        exponential += rng.exponential(3.0);
        const double z = rng.normal(2.0, 0.5);
        normal += z;
        normal_squared += z * z;
        weibull += rng.weibull(10.0, 2.0);
    }
    // Bounds are five standard errors of the mean.
    DOUBLES_EQUAL(0.5, uniform / kDraws, 5 * std::sqrt(1.0 / 12 / kDraws));
    DOUBLES_EQUAL(3.0, exponential / kDraws, 5 * 3.0 / std::sqrt(kDraws));
    DOUBLES_EQUAL(2.0, normal / kDraws, 5 * 0.5 / std::sqrt(kDraws));
    DOUBLES_EQUAL(4.25, normal_squared / kDraws, 0.02);
    // Weibull mean = scale * Gamma(1 + 1/shape); Gamma(1.5) = sqrt(pi)/2.
    DOUBLES_EQUAL(10.0 * 0.886226925, weibull / kDraws, 0.06);
}

TEST(Rng, below_covers_every_value_evenly) {
    Rng rng{1};
    int counts[7] = {};
    for (int i = 0; i < 70'000; ++i) ++counts[rng.below(7)];
    // Chi-squared with 6 degrees of freedom: 22.5 is its 0.999 quantile.
    double chi = 0;
    for (const int count : counts) chi += (count - 10'000.0) * (count - 10'000.0) / 10'000.0;
    CHECK(chi < 22.5);
}

TEST(Rng, forks_do_not_depend_on_draws) {
    Rng a{5};
    const auto fork = a.fork(1).next();
    a.next();
    CHECK(fork == a.fork(1).next());
    CHECK(fork != a.fork(2).next());
}

TEST_GROUP(Backoff){};

TEST(Backoff, doubles_up_to_the_cap_and_fills_the_whole_range) {
    Rng rng{3};
    milliseconds longest[8] = {};
    for (int round = 0; round < 4000; ++round) {
        Backoff backoff{milliseconds{100}, milliseconds{1'000}};
        for (auto& longest_of_attempt : longest) {
            longest_of_attempt = std::max(longest_of_attempt, backoff.next(rng));
        }
    }
    const int ceilings[8] = {100, 200, 400, 800, 1000, 1000, 1000, 1000};
    for (int i = 0; i < 8; ++i) {
        CHECK(longest[i].count() <= ceilings[i]);
        CHECK(longest[i].count() > ceilings[i] * 98 / 100);
    }
}
