// The chance that a device fails within a horizon, from its features of the day: ridge logistic
// regression with the log of the days seen as offset (so that the youngest rows, of which only
// part of the horizon is known, teach their share), random effects of model and maker whose spread
// is estimated from the data (empirical Bayes), the penalty chosen and the chance recalibrated on
// later days than those fitted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collector/core/learn/rank/features.hpp"
#include "collector/core/learn/rank/logistic.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

/// Fewer failures than this and a hazard says no more than a base rate does.
inline constexpr std::size_t kRankFailuresMin = 8;

struct HazardOptions {
    std::int32_t horizon_days = 7;
    std::vector<double> penalties = {1, 3, 10, 30, 100, 300};  ///< to choose from
};

/// One reason for a risk: what a group of related features adds to the log odds.
struct RiskReason {
    double log_odds = 0;  ///< against the fleet's mean
    std::string words;
};

class Hazard {
  public:
    /// Learns from what was known at the end of day `known_until`.
    /// Errors: invalid, with how many failures there were and how many it needs.
    static Result<Hazard> learn(const DayTable& table, std::int32_t known_until,
                                const HazardOptions& options);

    /// Calibrated chance of failing within the horizon after the row's day.
    [[nodiscard]] double chance(const DayTable& table, std::size_t row) const;
    /// The same for the first `days` of the horizon: 1 − (1 − p)^(days ÷ horizon).
    [[nodiscard]] double chance_within(double chance, std::int32_t days) const;
    /// Strongest first, only those that raise the risk; features of one metric and sort are one.
    [[nodiscard]] std::vector<RiskReason> reasons(const DayTable& table, std::size_t row,
                                                  std::size_t most) const;

    struct Weight {
        std::string feature;
        double per_sd = 0;  ///< log odds for one standard deviation; for a cohort, as it is
    };
    /// All weights with their names, greatest size first.
    [[nodiscard]] std::vector<Weight> readable(const DayTable& table) const;

    [[nodiscard]] const HazardOptions& options() const { return options_; }
    [[nodiscard]] std::size_t failure_count() const { return failure_count_; }
    [[nodiscard]] double penalty() const { return penalty_; }
    [[nodiscard]] double cohort_sd() const { return cohort_sd_; }

  private:
    HazardOptions options_;
    FeaturePlan plan_;
    std::vector<double> scales_, means_;  ///< by feature
    LogisticFit fit_;
    double penalty_ = 1, cohort_sd_ = 0, slope_ = 1, shift_ = 0;
    std::size_t failure_count_ = 0;
    friend class HazardLearner;
};

}  // namespace aftercare::collector
