#include "collector/core/learn/rank/judge.hpp"

#include <algorithm>
#include <cmath>

namespace aftercare::collector {
namespace {

constexpr std::int32_t kStretchDaysMin = 2;

std::int32_t first_judged(const DayTable& table, const JudgeOptions& options) {
    const std::int32_t days = table.last_day - table.first_day + 1;
    return table.first_day + static_cast<std::int32_t>(options.learned_first * days);
}

BudgetOptions budget(const JudgeOptions& options, std::int32_t from, std::int32_t until) {
    return {options.share_a_day, options.hazard.horizon_days, from, until};
}

/// The days just before a split, as many as a ticket lives: what a limit is taken from.
BudgetOptions week_before(const JudgeOptions& options, std::int32_t split) {
    return budget(options, split - options.hazard.horizon_days, split);
}

/// Tickets go where the score is ahead of that split's limit.
std::vector<double> ahead_of_limit(const DayTable& table, std::span<const double> scores,
                                   const BudgetOptions& before) {
    const double limit = ticket_limit(table, scores, before);
    std::vector<double> ahead(scores.begin(), scores.end());
    for (double& score : ahead) score -= limit;
    return ahead;
}

Ranking spend(const DayTable& table, const JudgeOptions& options, std::string name,
              std::span<const double> scores, std::span<const double> ahead) {
    const BudgetOptions judged = budget(options, first_judged(table, options), table.last_day + 1);
    const auto flags = flag_daily(table, scores, judged);
    const auto tickets =
        spend_tickets(table, ahead, judged, {.limit = 0, .burst_days = options.burst_days});
    return {std::move(name), count_found(table, flags, judged),
            count_found(table, tickets, judged)};
}

std::vector<double> metric_scores(const DayTable& table, std::size_t metric, double sign) {
    std::vector<double> scores(table.rows.size());
    for (std::size_t row = 0; row < scores.size(); ++row) {
        const double value = table.value(row, metric);
        scores[row] = std::isnan(value) ? -std::numeric_limits<double>::max() : sign * value;
    }
    return scores;
}

/// The metric, high or low, that found most in the days before the first split.
Ranking best_single(const DayTable& table, const JudgeOptions& options) {
    const BudgetOptions before = budget(options, table.first_day, first_judged(table, options));
    std::vector<double> best;
    std::string name = "nothing";
    std::uint64_t most = 0;
    for (std::size_t metric = 0; metric < table.metrics.size(); ++metric) {
        for (const double sign : {1.0, -1.0}) {
            auto scores = metric_scores(table, metric, sign);
            auto seen = before;
            // Failures after the first split are not known yet.
            seen.until_day -= seen.horizon_days;
            if (seen.until_day <= seen.from_day) seen.until_day = before.until_day - 1;
            const Found found = count_found(table, flag_daily(table, scores, seen), seen);
            if (!best.empty() && found.found <= most) continue;
            most = found.found;
            best = std::move(scores);
            name = (sign > 0 ? "high " : "low ") + table.metrics[metric];
        }
    }
    if (best.empty()) best.assign(table.rows.size(), 0);
    return judge_scores(table, options, name, best);
}

void calibrate(Judgement& judgement) {
    if (judgement.seen <= 0) return;
    // Failing days of one device come together: the failing devices are what was counted.
    const auto failing = static_cast<double>(judgement.hazard.daily.failing);
    const auto interval = poisson_interval(failing, failing);
    if (!interval || interval->low <= 0) return;
    const double ratio = judgement.expected / judgement.seen;
    judgement.calibration = Interval{ratio / interval->high, ratio / interval->low};
}

}  // namespace

Ranking judge_scores(const DayTable& table, const JudgeOptions& options, std::string name,
                     std::span<const double> scores) {
    const auto ahead =
        ahead_of_limit(table, scores, week_before(options, first_judged(table, options)));
    return spend(table, options, std::move(name), scores, ahead);
}

Result<Judgement> judge_ranking(const DayTable& table, const JudgeOptions& options,
                                const std::function<void(std::uint32_t, std::uint32_t)>& progress) {
    Judgement judgement;
    judgement.from_day = first_judged(table, options);
    judgement.until_day = table.last_day + 1;
    const std::int32_t days = judgement.until_day - judgement.from_day;
    const auto stretches = static_cast<std::int32_t>(options.stretches);
    if (stretches < 1 || days < stretches * kStretchDaysMin) {
        return fail(Errc::invalid, "too few days to judge: " + std::to_string(days) + " for " +
                                       std::to_string(stretches) + " stretches of at least 2");
    }
    std::vector<double> scores(table.rows.size()), ahead(table.rows.size());
    for (std::int32_t stretch = 0; stretch < stretches; ++stretch) {
        const std::int32_t split = judgement.from_day + days * stretch / stretches;
        const std::int32_t next = judgement.from_day + days * (stretch + 1) / stretches;
        const auto hazard = Hazard::learn(table, split - 1, options.hazard);
        if (!hazard) return fail(hazard.error());
        judgement.split_days.push_back(split);
        judgement.penalties.push_back(hazard->penalty());
        std::vector<double> chances(table.rows.size());
        for (std::size_t row = 0; row < chances.size(); ++row) {
            const DayRow& at = table.rows[row];
            if (at.day < split - options.hazard.horizon_days || at.day >= next) continue;
            chances[row] = hazard->chance(table, row);
            if (at.day < split) continue;
            const Outlook seen = outlook(table, at, options.hazard.horizon_days, table.last_day);
            if (seen.exposure_days == 0) continue;
            judgement.expected += hazard->chance_within(chances[row], seen.exposure_days);
            judgement.seen += seen.failed ? 1 : 0;
        }
        const auto over = ahead_of_limit(table, chances, week_before(options, split));
        for (std::size_t row = 0; row < chances.size(); ++row) {
            if (table.rows[row].day < split || table.rows[row].day >= next) continue;
            scores[row] = chances[row];
            ahead[row] = over[row];
        }
        progress(static_cast<std::uint32_t>(stretch) + 1, options.stretches);
    }
    judgement.hazard = spend(table, options, "calibrated hazard", scores, ahead);
    judgement.single = best_single(table, options);
    calibrate(judgement);
    return judgement;
}

}  // namespace aftercare::collector
