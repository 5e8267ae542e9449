#include <cmath>

#include "collector/core/learn/rank/judge.hpp"
#include "tests/unit/collector_learn/rank_fixture.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

namespace {

/// One device a line: its readings of metric "m" on days 0, 1, …; NaN = none that day.
History lines(const std::vector<std::vector<float>>& readings) {
    History history;
    history.metrics = {"m"};
    history.components = {"part"};
    for (std::uint32_t d = 0; d < readings.size(); ++d) {
        history.devices.push_back({.id = "d" + std::to_string(d), .model = "M 1"});
        for (std::size_t day = 0; day < readings[d].size(); ++day) {
            history.readings.push_back({at_day(static_cast<double>(day)), d,
                                        static_cast<std::uint32_t>(history.values.size())});
            history.values.push_back(readings[d][day]);
        }
    }
    return history;
}

DayTable table_of(const std::vector<History>& histories) {
    return tabulate(assemble(histories));
}

}  // namespace

TEST_GROUP(DayTable){};

TEST(DayTable, keeps_the_last_reading_of_a_day_and_ranks_within_model_and_day) {
    History history = lines({{1, 5}, {2, 5}, {3, 7}});
    history.readings[0].at = at_day(0.2);
    history.readings[1].at = at_day(0.9);  // the same day: this one counts
    const std::vector<History> histories = {history};
    const DayTable table = table_of(histories);
    CHECK_EQUAL(5U, table.rows.size());
    DOUBLES_EQUAL(5, table.value(0, 0), 0);
    // Day 0 has 5, 2, 3: mid-ranks (2 + ½)/3, ½/3, (1 + ½)/3.
    DOUBLES_EQUAL(2.5 / 3, table.percentile(0, 0), 1e-6);
    DOUBLES_EQUAL(0.5 / 3, table.percentile(1, 0), 1e-6);
    DOUBLES_EQUAL(1.5 / 3, table.percentile(3, 0), 1e-6);
}

TEST(DayTable, outlook_is_what_was_known_then) {
    History history = lines({{0, 0, 0, 0, 0, 0}, {0, 0, 0}});
    history.outcomes.push_back({at_day(5.5), 0, "part", OutcomeCode::unit_replaced, {}});
    const std::vector<History> histories = {history};
    const DayTable table = table_of(histories);
    const std::int32_t first = table.first_day;
    const auto check = [&](std::uint32_t row, std::int32_t known, std::int32_t days, bool failed) {
        const Outlook seen = outlook(table, table.rows[row], 7, first + known);
        CHECK_EQUAL(days, seen.exposure_days);
        CHECK_EQUAL(failed, seen.failed);
    };
    check(2, 20, 7, true);   // the whole horizon, and it failed in it
    check(2, 4, 2, false);   // two days later nothing was known yet
    check(5, 20, 0, false);  // the day it failed on is too late
    check(7, 20, 1, false);  // the other one was last seen a day later: censored
}

TEST_GROUP(FeaturePlan){};

TEST(FeaturePlan, knows_a_clock_a_skewed_counter_and_a_plain_metric_by_their_shape) {
    const std::vector<History> histories = {make_history({}, 1)};
    const DayTable table = table_of(histories);
    const FeaturePlan plan = FeaturePlan::learn(table, table.last_day);
    std::vector<std::string> names;
    for (std::size_t j = 0; j < plan.features().size(); ++j) names.push_back(plan.name(table, j));
    const auto has = [&](const char* name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    CHECK(has("log hours (age)"));
    CHECK(!has("change of hours in 1 day"));
    CHECK(has("log wear"));
    CHECK(has("wear above 0"));
    CHECK(has("wear rose in 7 days"));
    CHECK(has("noise"));
    CHECK(!has("noise above 0"));
    CHECK(!has("noise rose in 1 day"));  // it does so every other day
    CHECK(has("model Bad B"));
    CHECK(has("maker Good"));
    CHECK(!has("maker Bad"));  // it makes one model
}

// promise: rank-no-peek
TEST(FeaturePlan, never_looks_past_its_day) {
    // The same history cut after day 20 gives the same cells for the rows up to day 20.
    const History whole = make_history({.devices = 50}, 3);
    History cut = whole;
    cut.readings.clear();
    for (const HistoryReading& reading : whole.readings) {
        if (reading.at < at_day(21)) cut.readings.push_back(reading);
    }
    const std::vector<History> whole_histories = {whole}, cut_histories = {cut};
    const DayTable all = table_of(whole_histories), part = table_of(cut_histories);
    const FeaturePlan plan = FeaturePlan::learn(part, part.last_day + 1);
    std::size_t compared = 0;
    for (std::size_t row = 0; row < part.rows.size(); ++row) {
        for (std::size_t same = 0; same < all.rows.size(); ++same) {
            if (all.rows[same].day != part.rows[row].day) continue;
            if (all.rows[same].device != part.rows[row].device) continue;
            std::vector<SparseCell> a, b;
            plan.append(part, row, a);
            plan.append(all, same, b);
            CHECK_EQUAL(a.size(), b.size());
            for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i].value == b[i].value);
            ++compared;
        }
    }
    CHECK_EQUAL(part.rows.size(), compared);
}

TEST_GROUP(Logistic){};

TEST(Logistic, two_groups_give_their_log_odds) {
    // 10 of 40 without, 30 of 40 with the feature: intercept ln(10/30), weight ln 3 + ln 3; the
    // variance of the weight is 1/10 + 1/30 + 1/30 + 1/10.
    LogisticRows rows{.feature_count = 1};
    for (int i = 0; i < 80; ++i) {
        if (i >= 40) rows.cells.push_back({0, 1});
        rows.ends.push_back(rows.cells.size());
        rows.weights.push_back(1);
        rows.offsets.push_back(0);
        rows.failed.push_back(i < 10 || i >= 50 ? 1 : 0);
    }
    const std::vector<double> penalties = {1e-9};
    const LogisticFit fit = fit_logistic(rows, penalties);
    CHECK(fit.converged);
    DOUBLES_EQUAL(-std::log(3), fit.intercept, 1e-5);
    DOUBLES_EQUAL(2 * std::log(3), fit.weights[0], 1e-5);
    DOUBLES_EQUAL(2.0 / 10 + 2.0 / 30, fit.variances[0], 1e-5);
}

TEST(Logistic, an_overwhelming_penalty_leaves_the_base_rate) {
    LogisticRows rows{.feature_count = 1};
    for (int i = 0; i < 10; ++i) {
        rows.cells.push_back({0, static_cast<float>(i)});
        rows.ends.push_back(rows.cells.size());
        rows.weights.push_back(1);
        rows.offsets.push_back(0);
        rows.failed.push_back(i >= 8 ? 1 : 0);
    }
    const std::vector<double> penalties = {1e9};
    const LogisticFit fit = fit_logistic(rows, penalties);
    DOUBLES_EQUAL(0, fit.weights[0], 1e-6);
    DOUBLES_EQUAL(std::log(2.0 / 8), fit.intercept, 1e-4);
}

TEST_GROUP(Budget){};

TEST(Budget, tickets_by_hand) {
    // Four devices, four days, half of the devices a day. Tickets live two days.
    const std::vector<History> histories = {
        lines({{9, 9, 9, 9}, {8, 8, 8, 8}, {1, 7, 7, 7}, {0, 0, 0, 5}})};
    const DayTable table = table_of(histories);
    std::vector<double> scores;
    for (std::size_t row = 0; row < table.rows.size(); ++row) scores.push_back(table.value(row, 0));
    const BudgetOptions options{.share_a_day = 0.5,
                                .horizon_days = 2,
                                .from_day = table.first_day,
                                .until_day = table.last_day + 1};
    // Daily flags repeat themselves; rows are device · 4 + day.
    CHECK(
        (flag_daily(table, scores, options) == std::vector<std::uint32_t>{0, 4, 1, 5, 2, 6, 3, 7}));
    // Day 0: both tokens. Day 1: device 2 alone is above 2; a token stays. Day 2: devices 0 and 1
    // again. Day 3: devices 2 and 3.
    CHECK((spend_tickets(table, scores, options, {.limit = 2, .burst_days = 3}) ==
           std::vector<std::uint32_t>{0, 4, 9, 2, 6, 11, 15}));
    // A budget of a quarter a day and no burst: one a day, whoever has none open.
    auto little = options;
    little.share_a_day = 0.25;
    CHECK((spend_tickets(table, scores, little, {.limit = 2, .burst_days = 1}) ==
           std::vector<std::uint32_t>{0, 5, 2, 7}));
    // Of the 4 a quarter pays for, a limit of 9 costs 2, 8 costs 4, 7 costs 6.
    DOUBLES_EQUAL(8, ticket_limit(table, scores, little), 0);
}

TEST(Budget, counts_by_hand) {
    History history = lines({{1, 1, 1, 1, 1, 1}, {2, 2, 2, 2, 2, 2}, {3, 3, 3, 3, 3, 3}});
    history.outcomes.push_back({at_day(3.5), 0, "part", OutcomeCode::unit_replaced, {}});
    history.outcomes.push_back({at_day(5.5), 2, "part", OutcomeCode::unit_replaced, {}});
    const std::vector<History> histories = {history};
    const DayTable table = table_of(histories);
    const BudgetOptions options{.share_a_day = 1,
                                .horizon_days = 2,
                                .from_day = table.first_day,
                                .until_day = table.last_day + 1};
    // Device 0: day 0 is too early, day 1 and 2 are right but one failure. Device 1 never fails.
    // Device 2: only on its day of failure, which is too late.
    const std::vector<std::uint32_t> spent = {0, 1, 2, 7, 17};
    const Found found = count_found(table, spent, options);
    CHECK_EQUAL(2U, found.failing);
    CHECK_EQUAL(1U, found.found);
    CHECK_EQUAL(2U, found.right);
    CHECK_EQUAL(5U, found.spent);
    CHECK_EQUAL(18U, found.device_days);
    CHECK_EQUAL(3U, found.touched);
}

TEST_GROUP(Hazard){};

TEST(Hazard, predicted_risk_is_calibrated_on_later_days) {
    // Calibration error: mean difference of predicted and happened within tenths of the risk.
    const WearingFleet fleet{.devices = 3000, .base = 0.002, .wearing = 0.9};
    const std::vector<History> histories = {make_history(fleet, 5)};
    const DayTable table = table_of(histories);
    const std::int32_t until = table.first_day + 30;
    const auto hazard = Hazard::learn(table, until - 1, {});
    CHECK(hazard.has_value());
    std::vector<std::pair<double, double>> pairs;  // predicted, happened
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        if (table.rows[row].day != until) continue;
        const Outlook seen = outlook(table, table.rows[row], 7, table.last_day);
        if (seen.exposure_days > 0) pairs.emplace_back(hazard->chance(table, row), seen.failed);
    }
    std::sort(pairs.begin(), pairs.end());
    double rate = 0;
    for (const auto& [p, y] : pairs) rate += y / static_cast<double>(pairs.size());
    double error = 0, error_of_rate = 0, predicted = 0, happened = 0;
    const std::size_t groups = 10;
    for (std::size_t g = 0; g < groups; ++g) {
        double p = 0, y = 0, count = 0;
        for (std::size_t i = pairs.size() * g / groups; i < pairs.size() * (g + 1) / groups; ++i) {
            p += pairs[i].first;
            y += pairs[i].second;
            ++count;
        }
        error += std::fabs(p - y) / static_cast<double>(pairs.size());
        error_of_rate += std::fabs(count * rate - y) / static_cast<double>(pairs.size());
        predicted += p;
        happened += y;
    }
    CHECK(happened > 50);
    CHECK(error <= 0.05);
    CHECK(error_of_rate > 0.05);  // the base rate for everybody would not do
    DOUBLES_EQUAL(1, predicted / happened, 0.25);
}

TEST(Hazard, ranks_by_the_law_and_says_why) {
    const std::vector<History> histories = {make_history({.devices = 3000}, 5)};
    const DayTable table = table_of(histories);
    const auto hazard = Hazard::learn(table, table.first_day + 29, {});
    // The riskiest row of a later day wears, and that comes first among the reasons.
    std::size_t worst = 0;
    double most = -1;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        if (table.rows[row].day != table.first_day + 30) continue;
        const double chance = hazard->chance(table, row);
        if (chance <= most) continue;
        most = chance;
        worst = row;
    }
    CHECK(table.value(worst, 2) > 0);
    const auto reasons = hazard->reasons(table, worst, 3);
    CHECK(!reasons.empty());
    STRCMP_CONTAINS("wear ", reasons[0].words.c_str());
    CHECK(reasons.size() <= 3);
    const auto weights = hazard->readable(table);
    const auto named = [&](const char* name) {
        return std::find_if(weights.begin(), weights.end(),
                            [&](const auto& weight) { return weight.feature == name; });
    };
    CHECK(named("wear above 0")->per_sd > 0);
    CHECK(named("model Bad B")->per_sd > named("maker Good")->per_sd);
}

TEST(Hazard, says_when_there_is_too_little) {
    const std::vector<History> histories = {make_history({.devices = 20, .base = 0}, 5)};
    const DayTable table = table_of(histories);
    const auto hazard = Hazard::learn(table, table.last_day, {});
    CHECK(!hazard);
    STRCMP_CONTAINS("0 failures with telemetry", hazard.error().message.c_str());
}

TEST(Hazard, the_judgement_is_the_same_twice_and_keeps_the_budget) {
    const std::vector<History> histories = {make_history({.devices = 1500}, 7)};
    const DayTable table = table_of(histories);
    const JudgeOptions options{.share_a_day = 0.03, .stretches = 2};
    const auto once = judge_ranking(table, options, [](auto, auto) {});
    const auto twice = judge_ranking(table, options, [](auto, auto) {});
    CHECK(once.has_value());
    CHECK(once->expected == twice->expected);
    CHECK_EQUAL(once->hazard.tickets.found, twice->hazard.tickets.found);
    const auto share = [](const Found& found) {
        return static_cast<double>(found.spent) / static_cast<double>(found.device_days);
    };
    CHECK(share(once->hazard.daily) <= 0.03);
    CHECK(share(once->hazard.tickets) <= 0.03 + 1e-9);
    // Noise finds about the budget's share; the law is stronger than that.
    CHECK(once->hazard.daily.found * 4 > once->hazard.daily.failing);
}
