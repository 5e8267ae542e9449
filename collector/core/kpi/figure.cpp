#include "collector/core/kpi/figure.hpp"

#include <algorithm>

#include "collector/core/kpi/definitions.hpp"

namespace aftercare::collector {

Figure::Figure(std::string_view id, const KpiOptions& options, int days)
    : kpi_(blank_kpi(id, days)),
      drill_down_(options.drill_down &&
                  (options.drill_down_id.empty() || options.drill_down_id == kpi_.id)) {}

void Figure::add_denominator(const std::string& id) {
    kpi_.denominator += 1;
    if (drill_down_) kpi_.denominator_ids.push_back(id);
}

void Figure::add_numerator(const std::string& id) {
    kpi_.numerator += 1;
    if (drill_down_) kpi_.numerator_ids.push_back(id);
}

void Figure::add(const std::string& id, bool counts) {
    add_denominator(id);
    if (counts) add_numerator(id);
}

void Figure::add_duration(const std::string& id, double value) {
    add_denominator(id);
    if (drill_down_) kpi_.numerator_ids.push_back(id);
    durations_.push_back(value);
}

void Figure::set_interval(const std::optional<Interval>& interval, double scale) {
    if (!interval) return;
    kpi_.low = interval->low * scale;
    kpi_.high = interval->high * scale;
}

Kpi Figure::share() {
    if (kpi_.denominator > 0) kpi_.value = 100 * kpi_.numerator / kpi_.denominator;
    set_interval(wilson_interval(kpi_.numerator, kpi_.denominator), 100);
    return std::move(kpi_);
}

Kpi Figure::ratio() {
    if (kpi_.denominator > 0) kpi_.value = 100 * kpi_.numerator / kpi_.denominator;
    set_interval(count_ratio_interval(kpi_.numerator, kpi_.denominator), 100);
    return std::move(kpi_);
}

Kpi Figure::events_per_occasion() {
    if (kpi_.denominator > 0) kpi_.value = 100 * kpi_.numerator / kpi_.denominator;
    set_interval(poisson_interval(kpi_.numerator, kpi_.denominator), 100);
    return std::move(kpi_);
}

Kpi Figure::per_thousand() {
    if (kpi_.denominator > 0) kpi_.value = 1000 * kpi_.numerator / kpi_.denominator;
    set_interval(poisson_interval(kpi_.numerator, kpi_.denominator), 1000);
    return std::move(kpi_);
}

Kpi Figure::count() {
    kpi_.value = kpi_.numerator;
    kpi_.denominator = kpi_.numerator;
    return std::move(kpi_);
}

Kpi Figure::duration() {
    if (const std::optional<Summary> summary = summarise(durations_)) {
        kpi_.numerator = summary->sum;
        kpi_.value = kpi_.mean = summary->mean;
        kpi_.median = summary->median;
        kpi_.p90 = summary->p90;
    }
    return std::move(kpi_);
}

Kpi Figure::survival(const SurvivalCurve& curve) {
    constexpr double kZ = 1.959963984540054;
    kpi_.pending = curve.censored_count;
    // Without a single repair that followed, the curve never falls and says nothing about the mean.
    if (curve.ended_count > 0) {
        kpi_.value = kpi_.mean = curve.restricted_mean;
        kpi_.low = std::max(0.0, curve.restricted_mean - kZ * curve.restricted_mean_error);
        kpi_.high = curve.restricted_mean + kZ * curve.restricted_mean_error;
        kpi_.median = curve.median;
        kpi_.p90 = curve.p90;
    }
    return std::move(kpi_);
}

}  // namespace aftercare::collector
