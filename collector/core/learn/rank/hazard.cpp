#include "collector/core/learn/rank/hazard.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

namespace aftercare::collector {
namespace {

/// Quiet rows of one device on following days say nearly the same: one in four stands for all.
constexpr std::int32_t kQuietDaysApart = 4;
bool stands_for_its_neighbours(const DayRow& row) {
    return (row.day + static_cast<std::int32_t>(row.device)) % kQuietDaysApart == 0;
}
constexpr int kSpreadRounds = 6;
constexpr double kSpreadSettled = 0.1;                               // of the log of its penalty
constexpr double kCohortPenaltyMin = 0.25, kCohortPenaltyMax = 100;  // spread of 2 … 0.1
/// Recalibration leans to "leave it": prior spreads of shift and slope.
constexpr double kShiftPenalty = 4, kSlopePenalty = 16;

}  // namespace

class HazardLearner {
  public:
    HazardLearner(const DayTable& table, std::int32_t known_until, const HazardOptions& options)
        : table_(table), known_until_(known_until) {
        hazard_.options_ = options;
        hazard_.plan_ = FeaturePlan::learn(table, known_until);
        collect();
    }

    Result<Hazard> learn() {
        if (hazard_.failure_count_ < kRankFailuresMin) {
            return fail(Errc::invalid,
                        "too little to rank by: " + std::to_string(hazard_.failure_count_) +
                            " failures with telemetry ahead of them, at least " +
                            std::to_string(kRankFailuresMin) + " are needed");
        }
        scale();
        choose_penalty();
        State all = begin(known_until_);
        fit(all, hazard_.penalty_);
        hazard_.fit_ = std::move(all.fit);
        hazard_.cohort_sd_ = 1 / std::sqrt(all.cohort_penalty);
        return std::move(hazard_);
    }

  private:
    void collect() {
        const std::int32_t horizon = hazard_.options_.horizon_days;
        sample_.feature_count = hazard_.plan_.features().size();
        std::set<std::pair<std::uint32_t, std::int32_t>> failures;
        for (std::size_t row = 0; row < table_.rows.size(); ++row) {
            const DayRow& at = table_.rows[row];
            if (at.day >= known_until_) continue;
            const Outlook seen = outlook(table_, at, horizon, known_until_);
            if (seen.exposure_days == 0) continue;
            if (!seen.failed && !stands_for_its_neighbours(at)) continue;
            hazard_.plan_.append(table_, row, sample_.cells);
            sample_.ends.push_back(sample_.cells.size());
            rows_.push_back(row);
            if (seen.failed) failures.emplace(at.device, table_.next_failure(at.device, at.day));
        }
        hazard_.failure_count_ = failures.size();
    }

    void scale() {
        const std::size_t count = sample_.feature_count;
        std::vector<double> square(count);
        hazard_.means_.assign(count, 0);
        hazard_.scales_.assign(count, 1);
        for (const SparseCell& cell : sample_.cells) {
            hazard_.means_[cell.feature] += cell.value;
            square[cell.feature] += double{cell.value} * cell.value;
        }
        const auto rows = static_cast<double>(rows_.size());
        for (std::size_t j = 0; j < count; ++j) {
            hazard_.means_[j] /= rows;
            if (hazard_.plan_.features()[j].is_cohort()) continue;
            const double variance = square[j] / rows - hazard_.means_[j] * hazard_.means_[j];
            if (variance > 0) hazard_.scales_[j] = std::sqrt(variance);
        }
        for (SparseCell& cell : sample_.cells) {
            cell.value = static_cast<float>(cell.value / hazard_.scales_[cell.feature]);
        }
    }

    /// Labels as they were known then: rows of days from `first` and before `until`.
    LogisticRows labelled(std::int32_t first, std::int32_t until) const {
        const std::int32_t horizon = hazard_.options_.horizon_days;
        LogisticRows rows;
        rows.feature_count = sample_.feature_count;
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const DayRow& at = table_.rows[rows_[i]];
            if (at.day < first || at.day >= until) continue;
            const Outlook seen = outlook(table_, at, horizon, until);
            if (seen.exposure_days == 0) continue;
            if (!seen.failed && !stands_for_its_neighbours(at)) continue;
            const auto cells = sample_.row(i);
            rows.cells.insert(rows.cells.end(), cells.begin(), cells.end());
            rows.ends.push_back(rows.cells.size());
            rows.failed.push_back(seen.failed ? 1 : 0);
            // A failure is seen by as many rows as the horizon has days: together they count once.
            rows.weights.push_back((seen.failed ? 1.0 : kQuietDaysApart) / horizon);
            rows.offsets.push_back(std::log(static_cast<double>(seen.exposure_days) / horizon));
        }
        return rows;
    }

    /// A fit with its cohorts' penalty; the next one starts where the last one ended.
    struct State {
        LogisticRows rows;
        LogisticFit fit;
        double cohort_penalty = 1;
    };
    State begin(std::int32_t until) const {
        return {labelled(std::numeric_limits<std::int32_t>::min(), until), {}, 1};
    }

    void fit(State& state, double penalty) const {
        const auto& features = hazard_.plan_.features();
        for (int round = 0; round < kSpreadRounds; ++round) {
            std::vector<double> penalties;
            for (const Feature& feature : features) {
                penalties.push_back(feature.is_cohort() ? state.cohort_penalty : penalty);
            }
            state.fit = fit_logistic(state.rows, penalties, state.fit);
            // MacKay's fixed point: the spread that makes the effects as large as they are.
            double effective = 0, square = 0;
            for (std::size_t j = 0; j < features.size(); ++j) {
                if (!features[j].is_cohort()) continue;
                effective += 1 - state.cohort_penalty * state.fit.variances[j];
                square += state.fit.weights[j] * state.fit.weights[j];
            }
            if (square <= 0) return;
            const double next =
                std::clamp(effective / square, kCohortPenaltyMin, kCohortPenaltyMax);
            const bool settled = std::fabs(std::log(next / state.cohort_penalty)) < kSpreadSettled;
            state.cohort_penalty = next;
            if (settled) return;
        }
    }

    static double log_loss(const LogisticRows& rows, const LogisticFit& fit) {
        double loss = 0;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const double score = rows.offsets[i] + fit.score(rows.row(i));
            const double chance = logistic(rows.failed[i] != 0 ? score : -score);
            loss -= rows.weights[i] * std::log(std::max(chance, 1e-12));
        }
        return loss;
    }

    /// Fitted on the first half and first three quarters of the days, judged on the days between
    /// and after: the least loss wins, and its judged days recalibrate.
    void choose_penalty() {
        const std::int32_t span = known_until_ - table_.first_day;
        const std::int32_t half = table_.first_day + span / 2;
        const std::int32_t late = table_.first_day + span * 3 / 4;
        const LogisticRows next = labelled(half, late), last = labelled(late, known_until_);
        double least = std::numeric_limits<double>::max();
        State early = begin(half), later = begin(late);
        // From the stiffest on: each fit starts near where it ends.
        std::vector<double> penalties = hazard_.options_.penalties;
        std::sort(penalties.rbegin(), penalties.rend());
        for (const double penalty : penalties) {
            fit(early, penalty);
            fit(later, penalty);
            const double loss = log_loss(next, early.fit) + log_loss(last, later.fit);
            if (loss >= least) continue;
            least = loss;
            hazard_.penalty_ = penalty;
            recalibrate(next, early.fit, last, later.fit);
        }
    }

    void recalibrate(const LogisticRows& next, const LogisticFit& first_fit,
                     const LogisticRows& last, const LogisticFit& late_fit) {
        LogisticRows scores;
        scores.feature_count = 1;
        double mean = 0, all = 0;
        const auto each = [&](const auto& take) {
            for (const auto& [rows, fit] :
                 {std::pair(&next, &first_fit), std::pair(&last, &late_fit)}) {
                for (std::size_t i = 0; i < rows->size(); ++i) {
                    take(*rows, i, fit->score(rows->row(i)));
                }
            }
        };
        each([&](const LogisticRows& rows, std::size_t i, double score) {
            mean += rows.weights[i] * score;
            all += rows.weights[i];
        });
        if (all <= 0) return;
        mean /= all;
        each([&](const LogisticRows& rows, std::size_t i, double score) {
            scores.cells.push_back({0, static_cast<float>(score - mean)});
            scores.ends.push_back(scores.cells.size());
            scores.failed.push_back(rows.failed[i]);
            scores.weights.push_back(rows.weights[i]);
            scores.offsets.push_back(rows.offsets[i] + score);
        });
        const double penalties[] = {kSlopePenalty};
        const LogisticFit fit =
            fit_logistic(scores, penalties, LogisticFit{0, {0}, {}, false}, kShiftPenalty);
        hazard_.slope_ = 1 + fit.weights[0];
        hazard_.shift_ = fit.intercept - fit.weights[0] * mean;
    }

    const DayTable& table_;
    std::int32_t known_until_;
    Hazard hazard_;
    LogisticRows sample_;            ///< cells only; labels depend on what is known when
    std::vector<std::size_t> rows_;  ///< of the table
};

Result<Hazard> Hazard::learn(const DayTable& table, std::int32_t known_until,
                             const HazardOptions& options) {
    return HazardLearner(table, known_until, options).learn();
}

double Hazard::chance(const DayTable& table, std::size_t row) const {
    std::vector<SparseCell> cells;
    plan_.append(table, row, cells);
    double score = fit_.intercept;
    for (const SparseCell& cell : cells) {
        score += fit_.weights[cell.feature] * (cell.value / scales_[cell.feature]);
    }
    return logistic(shift_ + slope_ * score);
}

double Hazard::chance_within(double chance, std::int32_t days) const {
    return -std::expm1(std::log1p(-chance) * days / options_.horizon_days);
}

}  // namespace aftercare::collector
