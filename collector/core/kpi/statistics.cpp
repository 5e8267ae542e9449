#include "collector/core/kpi/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace aftercare::collector {
namespace {

constexpr double kZ = 1.959963984540054;  // 97.5 % point of the normal distribution
constexpr double kTolerance = 1e-12;      // a product of fractions may miss 0.5 by rounding

/// Pre: `values` is not empty, 0 <= p <= 1.
double quantile(std::vector<double>& values, double p) {
    const double position = static_cast<double>(values.size() - 1) * p;
    const auto below = static_cast<std::size_t>(position);
    const auto at_below = values.begin() + static_cast<std::ptrdiff_t>(below);
    std::nth_element(values.begin(), at_below, values.end());
    const double low = *at_below;
    if (below + 1 == values.size()) return low;
    const double high = *std::min_element(at_below + 1, values.end());
    return low + (position - static_cast<double>(below)) * (high - low);
}

}  // namespace

std::optional<Interval> wilson_interval(double successes, double trials) {
    if (trials <= 0 || successes < 0 || successes > trials) return std::nullopt;
    const double p = successes / trials;
    const double z2 = kZ * kZ;
    const double centre = p + z2 / (2 * trials);
    const double spread = kZ * std::sqrt(p * (1 - p) / trials + z2 / (4 * trials * trials));
    const double scale = 1 + z2 / trials;
    return Interval{std::max(0.0, (centre - spread) / scale),
                    std::min(1.0, (centre + spread) / scale)};
}

std::optional<double> ratio_of(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0) return std::nullopt;
    return static_cast<double>(part) / static_cast<double>(whole);
}

std::optional<Interval> ratio_interval(std::uint64_t part, std::uint64_t whole) {
    return wilson_interval(static_cast<double>(part), static_cast<double>(whole));
}

std::optional<Interval> poisson_interval(double events, double exposure) {
    if (exposure <= 0 || events < 0) return std::nullopt;
    const double z2 = kZ * kZ;
    const double spread = kZ * std::sqrt(events + z2 / 4);
    return Interval{std::max(0.0, events + z2 / 2 - spread) / exposure,
                    (events + z2 / 2 + spread) / exposure};
}

std::optional<Interval> count_ratio_interval(double x, double y) {
    if (y <= 0) return std::nullopt;
    const std::optional<Interval> share = wilson_interval(x, x + y);
    if (!share) return std::nullopt;
    return Interval{share->low / (1 - share->low), share->high / (1 - share->high)};
}

std::optional<Summary> summarise(std::vector<double>& values) {
    if (values.empty()) return std::nullopt;
    Summary summary;
    summary.sum = std::accumulate(values.begin(), values.end(), 0.0);
    summary.mean = summary.sum / static_cast<double>(values.size());
    summary.median = quantile(values, 0.5);
    summary.p90 = quantile(values, 0.9);
    return summary;
}

SurvivalCurve kaplan_meier(std::vector<Spell> spells) {
    SurvivalCurve curve;
    std::sort(spells.begin(), spells.end(),
              [](const Spell& a, const Spell& b) { return a.length < b.length; });
    std::vector<double> entries;  // of those that entered late
    for (const Spell& spell : spells) {
        if (spell.entry > 0) entries.push_back(spell.entry);
    }
    std::sort(entries.begin(), entries.end());
    // What Greenwood's formula adds per step once the area to its right is known.
    std::vector<double> variance_terms;
    double survival = 1;
    double last_time = 0;
    for (std::size_t i = 0; i < spells.size();) {
        const double time = spells[i].length;
        const auto not_yet = std::lower_bound(entries.begin(), entries.end(), time);
        const auto at_risk =
            static_cast<double>(spells.size() - i) - static_cast<double>(entries.end() - not_yet);
        double ended = 0;
        for (; i < spells.size() && spells[i].length <= time; ++i) {
            if (spells[i].ended) ended += 1;
        }
        curve.restricted_mean += survival * (time - last_time);
        last_time = time;
        if (ended == 0) continue;
        survival *= 1 - ended / at_risk;
        curve.steps.push_back({time, survival});
        curve.ended_count += static_cast<std::size_t>(ended);
        variance_terms.push_back(at_risk > ended ? ended / (at_risk * (at_risk - ended)) : 0);
        if (!curve.median && survival <= 0.5 + kTolerance) curve.median = time;
        if (!curve.p90 && survival <= 0.1 + kTolerance) curve.p90 = time;
    }
    curve.censored_count = spells.size() - curve.ended_count;
    double area = 0;
    double variance = 0;
    double right = last_time;
    for (std::size_t k = curve.steps.size(); k-- > 0;) {
        area += curve.steps[k].survival * (right - curve.steps[k].time);
        right = curve.steps[k].time;
        variance += area * area * variance_terms[k];
    }
    curve.restricted_mean_error = std::sqrt(variance);
    return curve;
}

}  // namespace aftercare::collector
