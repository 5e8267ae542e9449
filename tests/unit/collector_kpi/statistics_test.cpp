#include "collector/core/kpi/statistics.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare::collector;

namespace {

void check_interval(double low, double high, const std::optional<Interval>& interval,
                    double tolerance) {
    CHECK_TRUE(interval.has_value());
    DOUBLES_EQUAL(low, interval->low, tolerance);
    DOUBLES_EQUAL(high, interval->high, tolerance);
}

}  // namespace

TEST_GROUP(Intervals){};

TEST(Intervals, wilson_gives_the_values_of_newcombe_1998) {
    check_interval(0.2553, 0.3662, wilson_interval(81, 263), 5e-5);
    check_interval(0.0624, 0.1605, wilson_interval(15, 148), 5e-5);
    check_interval(0.0000, 0.1611, wilson_interval(0, 20), 5e-5);
    check_interval(0.0061, 0.1718, wilson_interval(1, 29), 5e-5);
    check_interval(0.0061, 0.1718, ratio_interval(1, 29), 5e-5);
    DOUBLES_EQUAL(0.034483, ratio_of(1, 29).value(), 5e-7);
}

TEST(Intervals, of_nothing_or_nonsense_are_absent) {
    CHECK_FALSE(wilson_interval(0, 0).has_value());
    CHECK_FALSE(wilson_interval(3, 2).has_value());
    CHECK_FALSE(ratio_of(0, 0).has_value());
    CHECK_FALSE(ratio_interval(0, 0).has_value());
    CHECK_FALSE(poisson_interval(3, 0).has_value());
    CHECK_FALSE(count_ratio_interval(3, 0).has_value());
}

TEST(Intervals, poisson_score_of_ten_and_of_none) {
    check_interval(5.432, 18.409, poisson_interval(10, 1), 1e-3);
    check_interval(0, 3.8415, poisson_interval(0, 1), 1e-4);  // chi-square 95 % point, 1 df
    check_interval(0.5432, 1.8409, poisson_interval(10, 10), 1e-4);
}

TEST(Intervals, ratio_of_equal_counts_is_symmetric_around_one) {
    const auto interval = count_ratio_interval(100, 100);
    check_interval(0.7586, 1.3182, interval, 1e-4);
    DOUBLES_EQUAL(1, interval->low * interval->high, 1e-12);
}

TEST_GROUP(Quantiles){};

TEST(Quantiles, follow_type_7_of_hyndman_and_fan) {
    std::vector<double> values{10, 9, 8, 7, 6, 5, 4, 3, 2, 1};
    const auto summary = summarise(values);
    DOUBLES_EQUAL(5.5, summary->median, 1e-12);
    DOUBLES_EQUAL(9.1, summary->p90, 1e-12);
    DOUBLES_EQUAL(5.5, summary->mean, 1e-12);
    DOUBLES_EQUAL(55, summary->sum, 1e-12);
}

TEST(Quantiles, of_one_value_are_that_value_and_of_none_absent) {
    std::vector<double> one{-3};
    DOUBLES_EQUAL(-3, summarise(one)->p90, 0);
    std::vector<double> none;
    CHECK_FALSE(summarise(none).has_value());
}

TEST_GROUP(KaplanMeier){};

TEST(KaplanMeier, gives_the_published_curve_of_freireich_1963) {
    // 6-MP arm, weeks of remission; + is censored.
    const SurvivalCurve curve =
        kaplan_meier({{6, true},   {6, true},   {6, true},   {6, false}, {7, true},   {9, false},
                      {10, true},  {10, false}, {11, false}, {13, true}, {16, true},  {17, false},
                      {19, false}, {20, false}, {22, true},  {23, true}, {25, false}, {32, false},
                      {32, false}, {34, false}, {35, false}});
    const double kTimes[] = {6, 7, 10, 13, 16, 22, 23};
    const double kSurvival[] = {0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448};
    LONGS_EQUAL(7, curve.steps.size());
    for (std::size_t i = 0; i < 7; ++i) {
        DOUBLES_EQUAL(kTimes[i], curve.steps[i].time, 0);
        DOUBLES_EQUAL(kSurvival[i], curve.steps[i].survival, 5e-4);
    }
    DOUBLES_EQUAL(23, *curve.median, 0);
    CHECK_FALSE(curve.p90.has_value());
    DOUBLES_EQUAL(23.29, curve.restricted_mean, 5e-3);
    DOUBLES_EQUAL(2.83, curve.restricted_mean_error, 5e-3);
    LONGS_EQUAL(9, curve.ended_count);
    LONGS_EQUAL(12, curve.censored_count);
}

TEST(KaplanMeier, without_censoring_is_the_plain_mean) {
    const SurvivalCurve curve = kaplan_meier({{4, true}, {1, true}, {3, true}, {2, true}});
    DOUBLES_EQUAL(2.5, curve.restricted_mean, 1e-12);
    DOUBLES_EQUAL(2, *curve.median, 0);
    DOUBLES_EQUAL(4, *curve.p90, 0);
}

TEST(KaplanMeier, with_censoring_only_has_no_median) {
    const SurvivalCurve curve = kaplan_meier({{4, false}, {9, false}});
    CHECK_FALSE(curve.median.has_value());
    DOUBLES_EQUAL(9, curve.restricted_mean, 0);
    LONGS_EQUAL(0, curve.ended_count);
    LONGS_EQUAL(0, kaplan_meier({}).steps.size());
}

TEST(KaplanMeier, with_delayed_entry_by_hand) {
    // At 5: three watched (the one entering at 6 is not), one fails: 2/3. At 8: entered all 4, one
    // failed, one left at 7: 2 watched, one fails: 1/3.
    const auto steps = kaplan_meier({{5, true}, {8, true, 2}, {7, false}, {9, false, 6}}).steps;
    CHECK_EQUAL(2U, steps.size());
    DOUBLES_EQUAL(2.0 / 3, steps[0].survival, 1e-12);
    DOUBLES_EQUAL(1.0 / 3, steps[1].survival, 1e-12);
}
