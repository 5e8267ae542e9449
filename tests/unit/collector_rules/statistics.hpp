// Simulated fleets whose labels are hidden from the collector: each rule has a true precision per
// model and a true recall, the engine that ships sees only faults and what service reports, and at
// the end its figures are held against the truth.
#pragma once

#include <cstdint>

namespace aftercare::collector::testing {

struct Judgement {
    std::uint64_t precision_intervals = 0, precision_covered = 0;
    std::uint64_t recall_intervals = 0, recall_covered = 0;
    double calibration_error_mean = 0;    ///< of one fleet, over fleets
    double calibration_error_pooled = 0;  ///< of all fleets' tickets in the same ten bins
    double brier_mean = 0;
    std::uint64_t decided = 0;

    [[nodiscard]] double precision_coverage() const {
        return static_cast<double>(precision_covered) / static_cast<double>(precision_intervals);
    }
    [[nodiscard]] double recall_coverage() const {
        return static_cast<double>(recall_covered) / static_cast<double>(recall_intervals);
    }
};

/// Fleets of seeds 1 … `seeds`.
Judgement judge_fleets(std::uint64_t seeds);

}  // namespace aftercare::collector::testing
