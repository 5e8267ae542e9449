// Ridge logistic regression on sparse rows: weighted, with offsets, one penalty per
// feature. Newton's method with step halving; deterministic. Solved by an own
// Cholesky factor: fewer than a thousand features need no library.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "collector/core/learn/rank/features.hpp"

namespace aftercare::collector {

struct LogisticRows {
    std::size_t feature_count = 0;
    std::vector<SparseCell> cells;
    std::vector<std::size_t> ends;  ///< of each row's cells
    std::vector<double> weights, offsets;
    std::vector<std::uint8_t> failed;

    [[nodiscard]] std::size_t size() const { return failed.size(); }
    [[nodiscard]] std::span<const SparseCell> row(std::size_t number) const {
        const std::size_t first = number == 0 ? 0 : ends[number - 1];
        return std::span(cells).subspan(first, ends[number] - first);
    }
};

struct LogisticFit {
    double intercept = 0;
    std::vector<double> weights;
    std::vector<double> variances;  ///< of the weights: diagonal of the inverse penalised Hessian
    bool converged = false;

    [[nodiscard]] double score(std::span<const SparseCell> row) const;
};

/// Maximises Σ w·[y·η − log(1 + e^η)] − ½ Σ penalty·β², η = offset + intercept + β·x, beginning
/// from `start` (same size, or no weights for a cold start). The intercept is free unless it has a
/// penalty of its own.
/// Pre: penalties > 0, one per feature.  Cost: cells per row squared × rows + features³ a step.
LogisticFit fit_logistic(const LogisticRows& rows, std::span<const double> penalties,
                         const LogisticFit& start = {}, double intercept_penalty = 0);

double logistic(double score);
double logit(double chance);

}  // namespace aftercare::collector
