// How good the ranking is on days that it has not seen: learned from the first days, judged on the
// next few, learned again, and so on to the end. Each day is judged once, by what was known before
// it; the stretches are pooled.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "collector/core/kpi/statistics.hpp"
#include "collector/core/learn/rank/budget.hpp"
#include "collector/core/learn/rank/hazard.hpp"

namespace aftercare::collector {

struct JudgeOptions {
    HazardOptions hazard;
    double share_a_day = 0.01;
    double learned_first = 0.4;  ///< share of the days before the first judged one
    std::uint32_t stretches = 5;
    std::int32_t burst_days = 3;
};

/// One way of ranking, under both meanings of the budget.
struct Ranking {
    std::string name;
    Found daily, tickets;
};

struct Judgement {
    std::int32_t from_day = 0, until_day = 0;  ///< judged
    std::vector<std::int32_t> split_days;      ///< learned from what lay before each
    std::vector<double> penalties;             ///< chosen at each split
    Ranking hazard, single;         ///< the hazard, and the best single metric of the first days
    double expected = 0, seen = 0;  ///< failing device-days in the judged days
    std::optional<Interval> calibration;  ///< of expected ÷ seen, for that many failing devices
};

/// Errors: as Hazard::learn at the first split; invalid when the days are too few to split.
Result<Judgement> judge_ranking(const DayTable& table, const JudgeOptions& options,
                                const std::function<void(std::uint32_t, std::uint32_t)>& progress);

/// Any other score of the rows, spent on the judged days; its limit from the days before.
Ranking judge_scores(const DayTable& table, const JudgeOptions& options, std::string name,
                     std::span<const double> scores);

}  // namespace aftercare::collector
