// Predicted tickets against ground truth. The same counting serves simulated fleets and recorded
// traces: a ticket is right when its component fails within the horizon after it was opened; each
// failure is credited to the earliest such ticket; failures in the warm-up count only when found.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "collector/core/model/ticket.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

/// Ground truth, or what outcomes say failed: it scores, and never reaches what is scored.
struct TrueFailure {
    std::string device_id;
    std::string component;
    WallTime at{};
};

struct ScoreOptions {
    milliseconds horizon{};  ///< zero: each ticket's own horizon
    milliseconds warm_up = hours_ms(48);
    WallTime begin{};
    WallTime end{};  ///< failures after it count only when found
};

/// Precision = right / tickets; recall = found / failures; undefined (nothing) over an empty
/// population.
struct Score {
    std::uint64_t tickets = 0, right = 0, failures = 0, found = 0;
    std::optional<double> precision, recall, f1, median_lead_h;
};

double f1_of(double precision, double recall);

Score score(std::span<const Ticket> tickets, std::span<const TrueFailure> failures,
            const ScoreOptions& options);

}  // namespace aftercare::collector
