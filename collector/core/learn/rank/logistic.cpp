#include "collector/core/learn/rank/logistic.hpp"

#include <algorithm>
#include <cmath>

namespace aftercare::collector {
namespace {

constexpr int kStepsMax = 40;
constexpr int kHalvingsMax = 20;
constexpr double kGainEnough = 1e-6;  // nats of penalised likelihood

/// Lower triangle by rows, of a symmetric positive definite matrix.
class Cholesky {
  public:
    explicit Cholesky(std::vector<double> matrix, std::size_t size)
        : factor_(std::move(matrix)), size_(size) {
        for (std::size_t i = 0; i < size_; ++i) {
            for (std::size_t j = 0; j <= i; ++j) {
                double sum = at(i, j);
                for (std::size_t k = 0; k < j; ++k) sum -= at(i, k) * at(j, k);
                // A direction without curvature takes no step.
                at(i, j) = i == j ? std::sqrt(std::max(sum, 1e-12)) : sum / at(j, j);
            }
        }
    }
    void solve(std::vector<double>& right) const {
        forward(right);
        for (std::size_t i = size_; i-- > 0;) {
            for (std::size_t k = i + 1; k < size_; ++k) right[i] -= at(k, i) * right[k];
            right[i] /= at(i, i);
        }
    }
    /// The diagonal of the inverse.
    [[nodiscard]] std::vector<double> inverse_diagonal() const {
        std::vector<double> diagonal(size_);
        for (std::size_t unit = 0; unit < size_; ++unit) {
            std::vector<double> column(size_);
            column[unit] = 1;
            forward(column);
            for (const double value : column) diagonal[unit] += value * value;
        }
        return diagonal;
    }

  private:
    void forward(std::vector<double>& right) const {
        for (std::size_t i = 0; i < size_; ++i) {
            for (std::size_t k = 0; k < i; ++k) right[i] -= at(i, k) * right[k];
            right[i] /= at(i, i);
        }
    }
    double& at(std::size_t i, std::size_t j) { return factor_[i * size_ + j]; }
    [[nodiscard]] double at(std::size_t i, std::size_t j) const { return factor_[i * size_ + j]; }

    std::vector<double> factor_;
    std::size_t size_;
};

/// log(1 + e^x) without overflow.
double softplus(double x) {
    return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}

/// The intercept's penalty stands last.
double objective(const LogisticRows& rows, std::span<const double> penalties,
                 const LogisticFit& fit) {
    double sum = -0.5 * penalties.back() * fit.intercept * fit.intercept;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const double score = rows.offsets[i] + fit.score(rows.row(i));
        sum += rows.weights[i] * ((rows.failed[i] != 0 ? score : 0) - softplus(score));
    }
    for (std::size_t j = 0; j < fit.weights.size(); ++j) {
        sum -= 0.5 * penalties[j] * fit.weights[j] * fit.weights[j];
    }
    return sum;
}

/// Gradient and negative Hessian; the intercept stands last.
struct Slope {
    std::vector<double> gradient, curvature;
};

Slope slope_at(const LogisticRows& rows, std::span<const double> penalties,
               const LogisticFit& fit) {
    const std::size_t size = penalties.size();
    const std::size_t last = size - 1;
    Slope slope{std::vector<double>(size), std::vector<double>(size * size)};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto cells = rows.row(i);
        const double chance = logistic(rows.offsets[i] + fit.score(cells));
        const double off = rows.weights[i] * ((rows.failed[i] != 0 ? 1 : 0) - chance);
        const double bend = rows.weights[i] * chance * (1 - chance);
        for (std::size_t a = 0; a < cells.size(); ++a) {
            const double value = cells[a].value;
            slope.gradient[cells[a].feature] += off * value;
            double* const line = slope.curvature.data() + cells[a].feature * size;
            for (std::size_t b = 0; b <= a; ++b) {
                line[cells[b].feature] += bend * value * cells[b].value;
            }
            slope.curvature[last * size + cells[a].feature] += bend * value;
        }
        slope.gradient[last] += off;
        slope.curvature[last * size + last] += bend;
    }
    for (std::size_t j = 0; j < last; ++j) {
        slope.gradient[j] -= penalties[j] * fit.weights[j];
    }
    slope.gradient[last] -= penalties[last] * fit.intercept;
    for (std::size_t j = 0; j < size; ++j) slope.curvature[j * size + j] += penalties[j];
    return slope;
}

LogisticFit moved(const LogisticFit& from, const std::vector<double>& step, double share) {
    LogisticFit to = from;
    for (std::size_t j = 0; j < to.weights.size(); ++j) to.weights[j] += share * step[j];
    to.intercept += share * step.back();
    return to;
}

/// Log odds of the base rate, so that Newton starts where it converges.
double first_intercept(const LogisticRows& rows) {
    double failed = 0.5, all = 1;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        all += rows.weights[i];
        if (rows.failed[i] != 0) failed += rows.weights[i];
    }
    return logit(failed / all);
}

}  // namespace

double logistic(double score) {
    return score >= 0 ? 1 / (1 + std::exp(-score)) : std::exp(score) / (1 + std::exp(score));
}

double logit(double chance) {
    return std::log(chance) - std::log1p(-chance);
}

double LogisticFit::score(std::span<const SparseCell> row) const {
    double sum = intercept;
    for (const SparseCell& cell : row) sum += weights[cell.feature] * cell.value;
    return sum;
}

LogisticFit fit_logistic(const LogisticRows& rows, std::span<const double> feature_penalties,
                         const LogisticFit& start, double intercept_penalty) {
    std::vector<double> penalties(feature_penalties.begin(), feature_penalties.end());
    penalties.push_back(intercept_penalty);
    LogisticFit fit = start;
    if (fit.weights.size() != feature_penalties.size()) {
        fit.weights.assign(feature_penalties.size(), 0);
        fit.intercept = first_intercept(rows);
    }
    fit.converged = false;
    double reached = objective(rows, penalties, fit);
    for (int step = 0; step < kStepsMax && !fit.converged; ++step) {
        const Slope slope = slope_at(rows, penalties, fit);
        std::vector<double> direction = slope.gradient;
        Cholesky(slope.curvature, direction.size()).solve(direction);
        double gain = 0;
        double share = 1;
        for (int halving = 0; halving < kHalvingsMax; ++halving, share /= 2) {
            const LogisticFit tried = moved(fit, direction, share);
            gain = objective(rows, penalties, tried) - reached;
            if (gain < 0) continue;
            fit = tried;
            reached += gain;
            break;
        }
        fit.converged = gain < kGainEnough;
    }
    const Slope slope = slope_at(rows, penalties, fit);
    fit.variances = Cholesky(slope.curvature, penalties.size()).inverse_diagonal();
    fit.variances.pop_back();
    return fit;
}

}  // namespace aftercare::collector
