#include "collector/core/learn/survival/weibull.hpp"

#include <cmath>
#include <limits>
#include <optional>

namespace aftercare::collector {
namespace {

constexpr double kZ = 1.959963984540054;
constexpr int kGridSteps = 120;
constexpr int kBisections = 100;
constexpr double kUsualSpread = 0.6931471805599453;  // log 2: two thirds of shapes in ½ … 2

/// (t ÷ unit)^k and its first two derivatives by k; entry 0 adds nothing.
struct Powers {
    double sum = 0, by_log = 0;
    void add(double log_time, double shape, double sign) {
        const double power = std::exp(shape * log_time);
        sum += sign * power;
        by_log += sign * power * log_time;
    }
};

class Profile {
  public:
    Profile(std::span<const PartLife> lives, double prior_spread)
        : lives_(lives), prior_(prior_spread > 0 ? 1 / (prior_spread * prior_spread) : 0) {
        // Times are taken against the longest life, so that powers cannot overflow.
        for (const PartLife& life : lives_) longest_ = std::max(longest_, life.exit_h);
        for (const PartLife& life : lives_) {
            if (!life.failed) continue;
            ++failures_;
            log_sum_ += std::log(life.exit_h / longest_);
        }
    }

    [[nodiscard]] std::size_t failures() const { return failures_; }
    [[nodiscard]] double scale(double shape) const {
        return longest_ * std::pow(powers(shape).sum / static_cast<double>(failures_), 1 / shape);
    }
    /// Of the profile log likelihood (with prior) by log shape.
    [[nodiscard]] double derivative(double shape) const {
        const Powers all = powers(shape);
        const auto count = static_cast<double>(failures_);
        return count + shape * (log_sum_ - count * all.by_log / all.sum) - prior_ * std::log(shape);
    }
    [[nodiscard]] double log_likelihood(double shape) const {
        const auto count = static_cast<double>(failures_);
        // At the profile's scale the cumulated hazards sum to the number of failures.
        const double log_scale = std::log(scale(shape));
        return count * (std::log(shape) - shape * log_scale) +
               (shape - 1) * (log_sum_ + count * std::log(longest_)) - count;
    }
    [[nodiscard]] double value(double shape) const {
        return log_likelihood(shape) - prior_ / 2 * std::log(shape) * std::log(shape);
    }
    [[nodiscard]] double prior() const { return prior_; }

  private:
    [[nodiscard]] Powers powers(double shape) const {
        Powers all;
        for (const PartLife& life : lives_) {
            all.add(std::log(life.exit_h / longest_), shape, 1);
            if (life.entry_h > 0) all.add(std::log(life.entry_h / longest_), shape, -1);
        }
        return all;
    }

    std::span<const PartLife> lives_;
    double prior_;
    double longest_ = 0, log_sum_ = 0;
    std::size_t failures_ = 0;
};

/// Nothing when the likelihood still rises at the edge of the shapes allowed.
std::optional<double> best_shape(const Profile& profile) {
    const auto at = [](int step) {
        return kShapeMin * std::pow(kShapeMax / kShapeMin, step / double{kGridSteps});
    };
    int best = 0;
    double most = -std::numeric_limits<double>::infinity();
    for (int step = 0; step <= kGridSteps; ++step) {
        const double value = profile.value(at(step));
        if (!(value > most)) continue;
        most = value;
        best = step;
    }
    if (best == 0 || best == kGridSteps) return std::nullopt;
    double low = std::log(at(best - 1)), high = std::log(at(best + 1));
    for (int i = 0; i < kBisections; ++i) {
        const double middle = (low + high) / 2;
        (profile.derivative(std::exp(middle)) > 0 ? low : high) = middle;
    }
    return std::exp((low + high) / 2);
}

/// Negative second derivatives of the log likelihood by (log shape, log scale), with
/// z = shape · log(t ÷ scale):  Σe^z(z² + z) − Σ_failed z;  −shape·Σe^z(1 + z) + shape·failures;
/// shape²·Σe^z, where the sums over entries are taken off.
void add_errors(std::span<const PartLife> lives, double prior, Weibull& fit) {
    double by_shape = prior, by_both = 0, by_scale = 0;
    const auto add = [&](double time, double sign) {
        if (time <= 0) return;
        const double z = fit.shape * std::log(time / fit.scale_h);
        const double power = sign * std::exp(z);
        by_shape += power * (z * z + z);
        by_both -= fit.shape * power * (1 + z);
        by_scale += fit.shape * fit.shape * power;
    };
    for (const PartLife& life : lives) {
        add(life.exit_h, 1);
        add(life.entry_h, -1);
        if (!life.failed) continue;
        by_shape -= fit.shape * std::log(life.exit_h / fit.scale_h);
        by_both += fit.shape;
    }
    const double determinant = by_shape * by_scale - by_both * by_both;
    fit.log_shape_error = std::sqrt(by_scale / determinant);
    fit.log_scale_error = std::sqrt(by_shape / determinant);
}

Interval around(double value, double log_error) {
    return {value * std::exp(-kZ * log_error), value * std::exp(kZ * log_error)};
}

}  // namespace

double Weibull::survival(double age_h) const {
    return std::exp(-std::pow(age_h / scale_h, shape));
}

double Weibull::chance_within(double age_h, double horizon_h) const {
    return -std::expm1(std::pow(age_h / scale_h, shape) -
                       std::pow((age_h + horizon_h) / scale_h, shape));
}

Interval Weibull::shape_interval() const {
    return around(shape, log_shape_error);
}

Interval Weibull::scale_interval() const {
    return around(scale_h, log_scale_error);
}

Result<Weibull> fit_weibull(std::span<const PartLife> lives, const WeibullOptions& options) {
    for (const PartLife& life : lives) {
        if (!(life.entry_h >= 0 && life.exit_h > life.entry_h)) {
            return fail(Errc::invalid, "a life must end after it was first watched");
        }
    }
    const Profile profile(lives, options.log_shape_spread);
    if (profile.failures() < std::max<std::size_t>(1, options.failures_min)) {
        return fail(Errc::invalid,
                    "too little for a life model: " + std::to_string(profile.failures()) +
                        " failures in " + std::to_string(lives.size()) + " lives, at least " +
                        std::to_string(options.failures_min) + " are needed");
    }
    const auto shape = best_shape(profile);
    if (!shape) {
        return fail(Errc::invalid,
                    "too little for a life model: these lives do not bound the "
                    "shape (all failed at nearly one age, or at none)");
    }
    Weibull fit;
    fit.shape = *shape;
    fit.scale_h = profile.scale(*shape);
    fit.log_likelihood = profile.log_likelihood(*shape);
    fit.failures = profile.failures();
    fit.lives = lives.size();
    add_errors(lives, profile.prior(), fit);
    return fit;
}

Result<LifeModel> fit_life(const Fleet& fleet, const std::string& component) {
    const auto lives = part_lives(fleet, component);
    if (!lives) return fail(lives.error());
    auto fit =
        fit_weibull(*lives, {.log_shape_spread = kUsualSpread, .failures_min = kLifeFailuresMin});
    if (!fit) return fail(fit.error().within(component));
    return LifeModel{component, *fit};
}

}  // namespace aftercare::collector
