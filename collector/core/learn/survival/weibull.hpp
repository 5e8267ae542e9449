// The Weibull distribution of part lives, S(t) = exp(−(t ÷ scale)^shape), fitted by maximum
// likelihood to lives that are censored on the right and truncated on the left. Shape < 1: early
// failures; 1: age says nothing; > 1: wear.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "collector/core/kpi/statistics.hpp"
#include "collector/core/learn/survival/lives.hpp"

namespace aftercare::collector {

/// With fewer failures the shape is mostly chance: its log has a standard error above ¼.
inline constexpr std::size_t kLifeFailuresMin = 10;
inline constexpr double kShapeMin = 0.05, kShapeMax = 50;

struct WeibullOptions {
    /// Standard deviation of a normal prior on log(shape) around 0 ("age says nothing"), which
    /// draws small samples in; 0 = no prior, plain maximum likelihood.
    double log_shape_spread = 0;
    std::size_t failures_min = 2;
};

struct Weibull {
    double shape = 1;
    double scale_h = 1;
    double log_shape_error = 0;  ///< standard errors, from the observed information
    double log_scale_error = 0;
    double log_likelihood = 0;  ///< without the prior
    std::size_t failures = 0, lives = 0;

    [[nodiscard]] double survival(double age_h) const;
    /// Chance that a part that lives at `age_h` fails within `horizon_h`:
    /// 1 − exp(−[((t + h) ÷ scale)^shape − (t ÷ scale)^shape]).  shape 1, scale 100, h 10 → 0.0952.
    [[nodiscard]] double chance_within(double age_h, double horizon_h) const;
    /// 95 % intervals, on the log scale.
    [[nodiscard]] Interval shape_interval() const;
    [[nodiscard]] Interval scale_interval() const;
};

/// log L = Σ_failed [log k − k·log s + (k − 1)·log t] − Σ [(t/s)^k − (entry/s)^k].  For a given
/// shape the scale is s^k = Σ(t^k − entry^k) ÷ failures; the shape is where the derivative of the
/// profile is zero, found by a fixed grid and bisection, so the same lives give the same bits.
/// Errors: invalid, in words, when there is too little (failures below the minimum, or lives that
/// do not bound the shape).
/// Source: J. F. Lawless, Statistical Models and Methods for Lifetime Data (2003), 2.4 and 5.2.
Result<Weibull> fit_weibull(std::span<const PartLife> lives, const WeibullOptions& options = {});

/// What a `life` rule says of one component: clock = age since installation or replacement.
struct LifeModel {
    std::string component;
    Weibull weibull;
};

/// Fits the lives of a component with a prior that takes shapes of ½ … 2 as usual.
/// Errors: not_found (no such component), invalid (too little: says how many failures there were).
Result<LifeModel> fit_life(const Fleet& fleet, const std::string& component);

}  // namespace aftercare::collector
