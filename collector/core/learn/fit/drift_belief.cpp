#include "collector/core/learn/fit/drift_belief.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

#include "collector/core/detect/moments.hpp"

namespace aftercare::collector {
namespace {

constexpr double kPriorOfNone = 0.2;      // that a component shows in no metric …
constexpr double kPriorOfNoneWorth = 5;   // … worth so many components
constexpr double kPriceOfSharing = 0.05;  // prior odds of a metric that another component uses
constexpr double kChanceWeight = 20;      // moments that the fleet's rate is worth
constexpr double kSensitivity = 0.85;     // of the right drift, while it is looked for
constexpr double kRatioMax = 600;         // exp of more overflows
constexpr int kRounds = 50;

class Belief {
  public:
    Belief(std::span<const TriggerOf> triggers, const std::vector<DriftName>& names)
        : triggers_(triggers), names_(names) {}

    [[nodiscard]] Weights weights_of(const std::vector<Passes>& all) const {
        std::vector<std::vector<double>> ratios;
        for (const Passes& passes : all) ratios.push_back(ratios_of(passes));
        const auto drifts = static_cast<double>(names_.size());
        Weights weights(all.size(),
                        std::vector<double>(names_.size(), (1 - kPriorOfNone) / drifts));
        for (int round = 0; round < kRounds; ++round) {
            const double none = share_of_none(weights);
            for (std::size_t t = 0; t < all.size(); ++t) {
                double sum = none;
                for (std::size_t i = 0; i < names_.size(); ++i) {
                    weights[t][i] = (1 - none) / drifts * std::exp(ratios[t][i]) *
                                    free_odds(weights, t, names_[i].metric);
                    sum += weights[t][i];
                }
                for (double& weight : weights[t]) weight /= sum;
            }
        }
        return weights;
    }

  private:
    /// ln likelihood ratio of "this drift is the right one" against "none is", by drift.
    [[nodiscard]] std::vector<double> ratios_of(const Passes& passes) const {
        const std::vector<double> chance = chance_of(passes);
        std::vector<double> ratios(names_.size(), 0);
        for (const auto& pass : passes.right) {
            for (std::size_t i = 0; i < ratios.size(); ++i) {
                ratios[i] += pass[i] ? std::log(kSensitivity / chance[i])
                                     : std::log((1 - kSensitivity) / (1 - chance[i]));
            }
        }
        for (double& ratio : ratios) ratio = std::min(ratio, kRatioMax);
        return ratios;
    }

    [[nodiscard]] static double share_of_none(const Weights& weights) {
        double none = kPriorOfNone * kPriorOfNoneWorth;
        for (const auto& of_one : weights) {
            none += 1 - std::accumulate(of_one.begin(), of_one.end(), 0.0);
        }
        return none / (kPriorOfNoneWorth + static_cast<double>(weights.size()));
    }

    /// How likely a metric still is, given what other components use.
    [[nodiscard]] double free_odds(const Weights& weights, std::size_t self,
                                   std::uint32_t metric) const {
        double odds = 1;
        for (std::size_t t = 0; t < weights.size(); ++t) {
            if (triggers_[t].component == triggers_[self].component) continue;
            double used = 0;
            for (std::size_t i = 0; i < names_.size(); ++i) {
                if (names_[i].metric == metric) used += weights[t][i];
            }
            odds *= 1 - (1 - kPriceOfSharing) * used;
        }
        return odds;
    }

    /// Chance that each drift passes at a moment without reason, shrunk to the mean over all.
    [[nodiscard]] std::vector<double> chance_of(const Passes& passes) const {
        std::vector<double> rates(names_.size(), 0);
        for (const auto& moment : passes.chance) {
            for (std::size_t i = 0; i < rates.size(); ++i) rates[i] += moment[i] ? 1 : 0;
        }
        const auto moments = static_cast<double>(passes.chance.size());
        const double total = std::accumulate(rates.begin(), rates.end(), 0.0);
        const double fleet = (total + 0.5) / (moments * static_cast<double>(rates.size()) + 1);
        for (double& rate : rates) {
            rate = (rate + kChanceWeight * fleet) / (moments + kChanceWeight);
        }
        return rates;
    }

    std::span<const TriggerOf> triggers_;
    const std::vector<DriftName>& names_;
};

}  // namespace

Weights believe(std::span<const TriggerOf> triggers, const std::vector<DriftName>& names,
                const std::vector<Passes>& all) {
    return Belief(triggers, names).weights_of(all);
}

double Predictive::above(double limit) const {
    const boost::math::students_t_distribution<> t(freedom);
    return boost::math::cdf(t, (mean - limit) / scale);
}

std::vector<Predictive> predict(const std::vector<Passes>& all, const Weights& weights,
                                std::vector<std::vector<double>> Passes::*sampled,
                                const std::function<double(double)>& prior_of) {
    std::vector<Moments> own(all.size());
    Moments means;
    double squares = 0, freedom = 0;
    for (std::size_t t = 0; t < all.size(); ++t) {
        const auto best = std::max_element(weights[t].begin(), weights[t].end());
        if (*best < 0.5) continue;
        const auto drift = static_cast<std::size_t>(best - weights[t].begin());
        for (const auto& sample : all[t].*sampled) {
            if (!std::isnan(sample[drift])) own[t] = merge(own[t], {1, sample[drift], 0});
        }
        if (own[t].count == 0) continue;
        squares += own[t].squares;
        freedom += own[t].count - 1;
        means = merge(means, {1, own[t].mean, 0});
    }
    const double typical = means.count > 0 ? means.mean : 1;
    const double variance = (2 * prior_of(typical) + squares) / (2 + freedom);
    const double scatter = means.count > 1 ? means.variance() : 0.25 * typical * typical;
    std::vector<Predictive> models;
    for (const Moments& moments : own) {
        const double spread = moments.count > 0
                                  ? variance * (1 + 1 / moments.count)
                                  : variance + scatter * (1 + 1 / std::max(1.0, means.count));
        models.push_back(
            {moments.count > 0 ? moments.mean : typical, std::sqrt(spread), 2 + freedom});
    }
    return models;
}

}  // namespace aftercare::collector
