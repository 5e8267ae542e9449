// From what readings say to what is believed: which drift belongs to which component, and how the
// next failure will show.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "collector/core/learn/fit/drift_witness.hpp"

namespace aftercare::collector {

/// By trigger, by drift: posterior probability that it is the right one; what is missing to 1 is
/// "no drift shows".
using Weights = std::vector<std::vector<double>>;

/// Mean field over how likely two components use one metric, and how often a component shows in
/// none. `all`: by trigger.
Weights believe(std::span<const TriggerOf> triggers, const std::vector<DriftName>& names,
                const std::vector<Passes>& all);

/// Mean and spread of a quantity over right tickets, as Student's t sees the next one.
struct Predictive {
    double mean = 0, scale = 1, freedom = 2;
    /// Probability that the next one exceeds `limit`.
    [[nodiscard]] double above(double limit) const;
};

/// A quantity of the likeliest drift of each component: own mean, spread in common. A component
/// without failures under telemetry takes the mean of the others, and their scatter.
/// `prior_of(mean)`: variance to begin with, worth two tickets.
std::vector<Predictive> predict(const std::vector<Passes>& all, const Weights& weights,
                                std::vector<std::vector<double>> Passes::*sampled,
                                const std::function<double(double)>& prior_of);

}  // namespace aftercare::collector
