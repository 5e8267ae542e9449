#include "collector/core/learn/fit/filter.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "collector/core/learn/fit/drift_belief.hpp"

namespace aftercare::collector {
namespace {

constexpr std::array<milliseconds, 6> kWindows{hours_ms(6),  hours_ms(12), hours_ms(24),
                                               hours_ms(48), hours_ms(96), hours_ms(168)};
constexpr std::array<double, 9> kLimits{0.5, 0.6, 0.75, 0.9, 1.1, 1.35, 1.65, 2, 3};
constexpr std::array<milliseconds, 4> kHolds{hours_ms(3), hours_ms(12), hours_ms(24), hours_ms(48)};
constexpr std::array<milliseconds, 7> kFresh{hours_ms(6),  hours_ms(12), hours_ms(18), hours_ms(24),
                                             hours_ms(36), hours_ms(72), kAlways};
constexpr double kWindowReadingsMin = 6;
constexpr double kPriceOfMetric = 0.01;  // expected F1 that one more metric must bring
constexpr double kModelWorth = 4;        // tickets that the model of peaks is worth
constexpr double kF1Alike = 0.005;
constexpr int kRoundsOfAxes = 4;

/// A set of drifts that grows: how many right tickets and chance moments show any of them.
class Pool {
  public:
    Pool(const DriftShape& shape, const Passes& passes)
        : passes_(passes),
          right_(passes.right.size(), false),
          chance_(passes.chance.size(), false) {
        filter.shape = shape;
        filter.seen = static_cast<std::uint32_t>(passes.right.size());
    }

    void add(std::size_t drift, DriftName name) {
        filter.any_of.push_back(name);
        filter.hits += spread(drift, passes_.right, right_);
        passed_ += spread(drift, passes_.chance, chance_);
        filter.chance = passed_ / (static_cast<double>(chance_.size()) + 1);
    }

    DriftFilter filter;

  private:
    static std::uint32_t spread(std::size_t drift, const std::vector<std::vector<bool>>& passes,
                                std::vector<bool>& any) {
        std::uint32_t more = 0;
        for (std::size_t i = 0; i < any.size(); ++i) {
            if (any[i] || !passes[i][drift]) continue;
            any[i] = true;
            ++more;
        }
        return more;
    }

    const Passes& passes_;
    std::vector<bool> right_, chance_;
    double passed_ = 0.5;  ///< half a moment for what was not seen yet
};

class FilterSearch {
  public:
    FilterSearch(const Fleet& fleet, std::span<const TriggerOf> triggers)
        : triggers_(triggers), witness_(fleet, triggers) {}

    /// One axis after the other until nothing gets better: the axes hardly depend on each other.
    std::vector<DriftFilter> find() {
        Choice best = without_filters();
        DriftShape start{.hold = kHolds.front(), .fresh = kFresh.back()};
        for (int round = 0; round < kRoundsOfAxes; ++round) {
            const double before = best.f1;
            for (const milliseconds window : kWindows) {
                if (witness_.readings_in(window) < kWindowReadingsMin) continue;
                start.window = window;
                start.baseline = baseline_for(window);
                consider_limits(start, best);
            }
            if (best.f1 <= before) break;
            const auto tables = witness_.tables_of(best.shape);
            const auto drifts = witness_.drifts_of(tables, best.shape.limit);
            for (const milliseconds hold : kHolds) {
                DriftShape shape = best.shape;
                shape.hold = hold;
                keep_better(choose(witness_.testify(tables, drifts, shape), shape), best);
            }
            for (const milliseconds fresh : kFresh) {
                DriftShape shape = best.shape;
                shape.fresh = fresh;
                keep_better(choose(witness_.testify(tables, drifts, shape), shape), best);
            }
            start = best.shape;
        }
        return best.filters;
    }

  private:
    struct Choice {
        DriftShape shape;
        double f1 = 0;  ///< expected, over all components together
        std::vector<DriftFilter> filters;
    };

    [[nodiscard]] static milliseconds baseline_for(milliseconds window) {
        return window <= hours_ms(48) ? hours_ms(720) : hours_ms(1440);
    }

    /// The middle of the limits that are about as good as the best one.
    void consider_limits(DriftShape shape, Choice& best) const {
        const auto tables = witness_.tables_of(shape);
        std::vector<Choice> choices;
        double top = 0;
        for (const double limit : kLimits) {
            shape.limit = limit;
            const auto drifts = witness_.drifts_of(tables, limit);
            choices.push_back(choose(witness_.testify(tables, drifts, shape), shape));
            top = std::max(top, choices.back().f1);
        }
        std::erase_if(choices, [&](const Choice& one) { return one.f1 < top - kF1Alike; });
        Choice middle = std::move(choices[choices.size() / 2]);
        middle.f1 = top;
        keep_better(std::move(middle), best);
    }

    static void keep_better(Choice tried, Choice& best) {
        if (tried.f1 > best.f1) best = std::move(tried);
    }

    [[nodiscard]] Choice choose(const std::vector<Passes>& all, const DriftShape& shape) const {
        const Weights weights = believe(triggers_, witness_.names(), all);
        // Chance of a window's mean, and a fifth of the drift itself.
        const auto peaks = predict(all, weights, &Passes::peaks, [&](double mean) {
            return 1 / witness_.readings_in(shape.window) + 0.04 * mean * mean;
        });
        // The window moves in eighths; when a drift passes its limit scatters by about a quarter.
        const auto ages = predict(all, weights, &Passes::ages_h, [&](double mean) {
            return std::pow(as_hours(shape.window) / 8, 2) + mean * mean / 16;
        });
        Choice choice{.shape = shape};
        for (std::size_t t = 0; t < all.size(); ++t) {
            const double sensitivity =
                peaks[t].above(shape.limit) * (1 - ages[t].above(as_hours(shape.fresh)));
            choice.filters.push_back(
                choose_one(triggers_[t], shape, all[t], weights[t], sensitivity));
        }
        choose_triggers(choice);
        return choice;
    }

    [[nodiscard]] DriftFilter bare(const TriggerOf& of) const {
        const Quality quality = quality_of(of.trigger.tally);
        return {.precision = quality.precision.mean,
                .recall = quality.recall.mean,
                .f1 = quality.f1,
                .chance = 1};
    }

    [[nodiscard]] Choice without_filters() const {
        Choice choice;
        for (const TriggerOf& of : triggers_) choice.filters.push_back(bare(of));
        choose_triggers(choice);
        choice.f1 = 0;
        return choice;
    }

    /// Per component the trigger that with its filter is expected to do best; the one with the most
    /// evidence, which comes first, unless another is better by more than a metric's price.
    void choose_triggers(Choice& choice) const {
        double right = 0, wrong = 0, failures = 0;
        for (std::size_t first = 0; first < triggers_.size();) {
            std::size_t best = first, next = first + 1;
            for (;
                 next < triggers_.size() && triggers_[next].component == triggers_[first].component;
                 ++next) {
                if (choice.filters[next].f1 > choice.filters[best].f1 + kPriceOfMetric) best = next;
            }
            DriftFilter& filter = choice.filters[best];
            filter.chosen = true;
            const double of_component = triggers_[best].trigger.tally.failures();
            failures += of_component;
            right += of_component * filter.recall;
            wrong += of_component * filter.recall * (1 - filter.precision) / filter.precision;
            first = next;
        }
        choice.f1 = failures > 0 ? 2 * right / (right + wrong + failures) : 0;
    }

    /// Adds the likeliest drift as long as the expected F1 grows by more than its price.
    [[nodiscard]] DriftFilter choose_one(const TriggerOf& of, const DriftShape& shape,
                                         const Passes& passes, const std::vector<double>& weights,
                                         double modelled) const {
        DriftFilter best = bare(of);
        best.shape = shape;
        const double precision = best.precision, recall = best.recall;
        std::vector<std::size_t> order(witness_.names().size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(),
                         [&](std::size_t a, std::size_t b) { return weights[a] > weights[b]; });
        Pool pool{shape, passes};
        double known = 0;
        for (const std::size_t drift : order) {
            pool.add(drift, witness_.names()[drift]);
            known += weights[drift];
            DriftFilter tried = pool.filter;
            const double sensitivity =
                (kModelWorth * modelled + tried.hits) / (kModelWorth + tried.seen);
            const double pass = known * sensitivity + (1 - known) * tried.chance;
            const double right = precision * pass;
            tried.precision = right / (right + (1 - precision) * tried.chance);
            tried.recall = recall * pass;
            tried.f1 = f1_of(tried.precision, tried.recall);
            const auto more = static_cast<double>(tried.any_of.size() - best.any_of.size());
            if (tried.f1 > best.f1 + kPriceOfMetric * more) best = std::move(tried);
        }
        best.provisional = !best.any_of.empty() && best.hits < 2;
        return best;
    }

    std::span<const TriggerOf> triggers_;
    DriftWitness witness_;
};

}  // namespace

std::vector<DriftFilter> find_filters(const Fleet& fleet, std::span<const TriggerOf> triggers) {
    return FilterSearch(fleet, triggers).find();
}

}  // namespace aftercare::collector
