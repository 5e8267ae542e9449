// What a row of the day table says about risk, as numbers with names: generic over metrics and
// fault codes. Which features a metric gets follows from its shape in the days learned from
// (skewed or not, mostly zero or not, a clock that only runs forward); nothing knows a metric.
// Never looks past the row's own day.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collector/core/learn/rank/day_table.hpp"

namespace aftercare::collector {

/// How many fault codes and models get features of their own; the most frequent first.
inline constexpr std::size_t kRankCodesMax = 64;
inline constexpr std::size_t kRankCohortsMax = 512;

enum class FeatureKind : std::uint8_t {
    level,       ///< ± log(1 + |value|) where skewed, else value
    above_zero,  ///< 1 when value > 0, for metrics that mostly rest at zero
    above,       ///< 1 when value > threshold, a quantile of the fleet
    percentile,  ///< among its model that day, −½…½
    change,      ///< against the reading `days` earlier, on the level's scale of differences
    rising,      ///< 1 when more than `days` earlier, for metrics that seldom rise
    age,         ///< log of the clock metric or of days since installation
    age_rank,    ///< percentile of the clock metric among its model
    fault,       ///< log(1 + faults of a code in the last `days`)
    model,
    maker,
};

struct Feature {
    FeatureKind kind{};
    std::uint32_t index = 0;  ///< metric, code, model or maker
    std::int32_t days = 0;
    float threshold = 0;
    bool logarithmic = false;

    [[nodiscard]] bool is_cohort() const {
        return kind == FeatureKind::model || kind == FeatureKind::maker;
    }
};

struct SparseCell {
    std::uint32_t feature = 0;
    float value = 0;
};

class FeaturePlan {
  public:
    /// Which features there are, from rows of days before `until_day`.
    static FeaturePlan learn(const DayTable& table, std::int32_t until_day);

    [[nodiscard]] const std::vector<Feature>& features() const { return features_; }
    /// Appends the cells of a row that are not zero, by feature.
    void append(const DayTable& table, std::size_t row, std::vector<SparseCell>& cells) const;
    /// "change of pending_sectors in 3 days"
    [[nodiscard]] std::string name(const DayTable& table, std::size_t feature) const;

  private:
    void learn_metric(const DayTable& table, std::uint32_t metric, std::int32_t until_day);
    void learn_codes(const DayTable& table, std::int32_t until_day);
    void learn_cohorts(const DayTable& table, std::int32_t until_day);

    std::vector<Feature> features_;
    std::vector<std::int32_t> model_feature_, maker_feature_;  ///< -1 = none of its own
    std::size_t plain_count_ = 0;                              ///< features before the cohorts
};

/// ± log(1 + |x|).
float signed_log(float value);
/// The row of the same device `days` or a little more (up to twice) earlier.
std::optional<std::size_t> earlier_row(const DayTable& table, std::size_t row, std::int32_t days);
/// Faults of a code in the `days` up to and with the row's day.
std::uint32_t fault_count(const DayTable& table, const DayRow& row, std::uint32_t code,
                          std::int32_t days);

}  // namespace aftercare::collector
