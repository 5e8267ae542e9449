#include <cstdio>

#include "tests/unit/collector_rules/statistics.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare::collector::testing;

TEST_GROUP(LongRuleStatistics){};

TEST(LongRuleStatistics, cover_the_hidden_truth_of_200_fleets) {
    const Judgement found = judge_fleets(200);
    std::printf(
        "\n200 fleets, %llu decided tickets: precision intervals cover %.1f %% of %llu, recall "
        "intervals %.1f %%; calibration error %.4f a fleet, %.4f pooled; Brier %.4f\n",
        static_cast<unsigned long long>(found.decided), 100 * found.precision_coverage(),
        static_cast<unsigned long long>(found.precision_intervals), 100 * found.recall_coverage(),
        found.calibration_error_mean, found.calibration_error_pooled, found.brier_mean);
    CHECK(found.precision_coverage() >= 0.93);
    CHECK(found.recall_coverage() >= 0.93);
    CHECK(found.calibration_error_mean <= 0.05);
    CHECK(found.calibration_error_pooled <= 0.05);
}
