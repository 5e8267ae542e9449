// The statistics behind the KPIs: intervals, quantiles and the survival curve. Pure arithmetic,
// each with its formula, its source and one worked number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace aftercare::collector {

struct Interval {
    double low = 0;
    double high = 0;
};

/// 95 % score interval of a proportion: (p + z²/2n ± z√(p(1−p)/n + z²/4n²)) / (1 + z²/n).
/// Absent when trials == 0 or successes lie outside 0..trials.  81 of 263 → 0.2553 … 0.3662.
/// Source: E. B. Wilson, JASA 22 (1927); values R. G. Newcombe, Statistics in Medicine 17 (1998),
/// table I.
std::optional<Interval> wilson_interval(double successes, double trials);

/// part ÷ whole, and its Wilson interval. Absent when whole == 0.  17 of 18 → 0.944.
std::optional<double> ratio_of(std::uint64_t part, std::uint64_t whole);
std::optional<Interval> ratio_interval(std::uint64_t part, std::uint64_t whole);

/// 95 % score interval of events per unit of exposure: (x + z²/2 ± z√(x + z²/4)) / exposure.
/// Absent when exposure <= 0.  10 events per 1 → 5.43 … 18.41.
/// Source: the normal score of a Poisson count; L. Barker, The American Statistician 56 (2002).
std::optional<Interval> poisson_interval(double events, double exposure);

/// 95 % interval of the ratio x ÷ y of two independent counts: given x + y, x is binomial, so
/// Wilson's interval p of x out of x + y becomes p ÷ (1 − p).  Absent when y == 0.  100 ÷ 100 →
/// 0.759 … 1.318.
std::optional<Interval> count_ratio_interval(double x, double y);

struct Summary {
    double sum = 0;
    double mean = 0;
    double median = 0;
    double p90 = 0;
};

/// Mean and quantiles by linear interpolation between order statistics, h = (n − 1)p + 1 (type 7,
/// the default of R and NumPy).  1…10 → median 5.5, p90 9.1.  Reorders `values`; absent when empty.
/// Cost: linear.  Source: R. J. Hyndman and Y. Fan, The American Statistician 50 (1996).
std::optional<Summary> summarise(std::vector<double>& values);

/// A stretch of life: ended by the event, or still running (censored) when last seen.
struct Spell {
    double length = 0;  ///< from its beginning
    bool ended = false;
    double entry = 0;  ///< how long it had run when watching began; < length, or 0
};

struct SurvivalCurve {
    struct Step {
        double time = 0;
        double survival = 1;  ///< from `time` on
    };
    std::vector<Step> steps;       ///< where it falls, in order
    std::optional<double> median;  ///< first time with survival <= 0.5; absent if never reached
    std::optional<double> p90;     ///< first time with survival <= 0.1
    std::size_t ended_count = 0;
    std::size_t censored_count = 0;
    double restricted_mean = 0;        ///< area under the curve up to the longest spell
    double restricted_mean_error = 0;  ///< its standard error
};

/// Kaplan–Meier: S(t) = Π (1 − d/n) over event times up to t, n = spells with entry < t <= length;
/// ties: events before censorings. Delayed entry: J. P. Klein and M. L. Moeschberger, Survival
/// Analysis (2003), section 4.6.
/// Restricted mean with Greenwood's variance.  The 6-MP arm of Freireich's trial → median 23,
/// mean 23.29 ± 2.83. Source: E. L. Kaplan and P. Meier, JASA 53 (1958); data E. J. Freireich et
/// al., Blood 21 (1963).
SurvivalCurve kaplan_meier(std::vector<Spell> spells);

}  // namespace aftercare::collector
