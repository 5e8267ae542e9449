// Do probabilities come true? Predictions in ten bins by what they said, against what happened.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "collector/core/kpi/statistics.hpp"

namespace aftercare::collector {

/// A decided prediction: what it said, and whether it was right.
struct Judged {
    double probability = 0;
    bool right = false;
};

inline constexpr std::size_t kReliabilityBins = 10;

struct ReliabilityBin {
    std::uint64_t count = 0;
    std::uint64_t right = 0;
    double mean_probability = 0;  ///< of its members; 0 when empty
};

/// Of N predictions p with outcomes o (1 right, 0 wrong), in bins k of mean p_k and share right
/// o_k:
///   Brier score        Σ (p − o)² ÷ N; 0 is perfect, 0.25 what "one half" always gets
///   calibration error  Σ n_k·|p_k − o_k| ÷ N (expected calibration error)
///   Brier = reliability − resolution + uncertainty + within, with reliability Σ n_k(p_k − o_k)² ÷
///   N, resolution Σ n_k(o_k − o)² ÷ N, uncertainty o(1 − o); `within` is what the spread inside
///   bins adds, 0 when each holds one value.
/// 0.8 right, 0.8 wrong, 0.2 wrong: Brier 0.24, error 0.2667.
/// Sources: G. W. Brier, Monthly Weather Review 78 (1950); A. H. Murphy, J. Applied Meteorology 12
/// (1973); D. B. Stephenson et al., Weather and Forecasting 23 (2008).
struct Reliability {
    std::uint64_t count = 0;
    std::array<ReliabilityBin, kReliabilityBins> bins{};
    double brier = 0, calibration_error = 0;
    double reliability = 0, resolution = 0, uncertainty = 0, within = 0;
};

/// Absent without any prediction.  Pre: probabilities in 0 … 1.
std::optional<Reliability> reliability_of(std::span<const Judged> judged);

}  // namespace aftercare::collector
