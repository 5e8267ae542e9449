#include "tests/unit/collector_rules/statistics.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare::collector::testing;

TEST_GROUP(RuleStatistics){};

// The same fleets as the long form, fewer of them.
// promise: hidden-truth
TEST(RuleStatistics, cover_the_hidden_truth_of_simulated_fleets) {
    const Judgement found = judge_fleets(10);
    UNSIGNED_LONGS_EQUAL(150, found.precision_intervals);
    CHECK(found.precision_coverage() >= 0.93);
    CHECK(found.recall_coverage() >= 0.93);
    CHECK(found.calibration_error_mean <= 0.05);
}
