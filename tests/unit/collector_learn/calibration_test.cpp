#include "collector/core/learn/calibration/rule_tally.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare::collector;

TEST_GROUP(RuleTallies){};

TEST(RuleTallies, without_decisions_say_what_the_pack_says) {
    DOUBLES_EQUAL(0.7, calibrated_probability(0.7, {}, {}), 1e-12);
    DOUBLES_EQUAL(0.98, calibrated_probability(1, {}, {}), 1e-12);
    DOUBLES_EQUAL(0.02, calibrated_probability(0, {}, {}), 1e-12);
}

TEST(RuleTallies, on_one_model_are_a_beta_posterior_worth_four_decisions_before) {
    // Beta(2.8, 1.2) and 3 right of 10: 5.8 ÷ 14.
    DOUBLES_EQUAL(5.8 / 14, calibrated_probability(0.7, {}, {3, 7}), 1e-12);
}

TEST(RuleTallies, take_the_other_models_as_prior_worth_sixteen_at_most) {
    DOUBLES_EQUAL((16 * 11.8 / 24 + 3) / 20, calibrated_probability(0.7, {9, 11}, {3, 1}), 1e-12);
    DOUBLES_EQUAL(0.5433, calibrated_probability(0.7, {9, 11}, {3, 1}), 5e-5);
    // A thousand wrong elsewhere weigh as much as sixteen.
    DOUBLES_EQUAL(0.5, calibrated_probability(0.5, {0, 1'000'000}, {16, 0}), 1e-5);
}

TEST(RuleTallies, do_not_depend_on_the_order_of_decisions) {
    RuleTallies one, other;
    for (int i = 0; i < 10; ++i) one.restate("r@1", i % 2 == 0 ? "a" : "b", {}, i % 3 == 0);
    for (int i = 9; i >= 0; --i) other.restate("r@1", i % 2 == 0 ? "a" : "b", {}, i % 3 == 0);
    CHECK(one.probability("r@1", "a", 0.3) == other.probability("r@1", "a", 0.3));
    CHECK(one.of("r@1") == (DecidedCount{4, 6}));
}

TEST(RuleTallies, keep_versions_apart_and_forget_what_is_taken_back) {
    RuleTallies tallies;
    tallies.add({"r@1", "a", {5, 5}});
    DOUBLES_EQUAL(0.9, tallies.probability("r@2", "a", 0.9), 1e-12);
    tallies.restate("r@1", "a", true, false);
    CHECK(tallies.of("r@1", "a") == (DecidedCount{4, 6}));
    tallies.restate("r@1", "a", false, {});
    CHECK(tallies.of("r@1", "a") == (DecidedCount{4, 5}));
}
