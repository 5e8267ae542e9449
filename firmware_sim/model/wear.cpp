#include "firmware_sim/model/wear.hpp"

#include <algorithm>
#include <cmath>

#include "common/result.hpp"

namespace aftercare::sim {

Wear::Wear(const FailureModeSpec& spec, double units_per_day, double age, double wear_factor,
           Rng rng)
    : spec_(&spec), units_per_day_(units_per_day), wear_factor_(wear_factor), rng_(rng) {
    AFTERCARE_ASSERT(units_per_day > 0 && wear_factor > 0 && age >= 0);
    draw(age);
    // An appliance enters the simulation in working order: what would be broken already was
    // repaired.
    while (failed()) draw(0);
}

void Wear::draw(double age) {
    const double survived = std::pow(age / spec_->life_scale, spec_->life_shape);
    const double hazard = survived - std::log(1.0 - rng_.uniform());
    life_ = spec_->life_scale * std::pow(hazard, 1.0 / spec_->life_shape);
    const double days = spec_->precursor_days * std::exp(rng_.normal(0.0, spec_->precursor_spread));
    onset_ = life_ - days * units_per_day_ * wear_factor_;
    silent_ = rng_.chance(spec_->silent_ratio);
    used_ = age;
    onset_told_ = failure_told_ = false;
}

Wear::Change Wear::use(double units) {
    used_ += units * wear_factor_;
    if (degrading() && !onset_told_) {
        onset_told_ = true;
        return Change::onset;
    }
    if (failed() && !failure_told_) {
        failure_told_ = true;
        return Change::failed;
    }
    return Change::none;
}

double Wear::level() const {
    if (!degrading()) return 0;
    const double share = (used_ - onset_) / std::max(life_ - onset_, 1e-9);
    return std::pow(std::clamp(share, 0.0, 1.0), spec_->curve);
}

double Wear::symptom() const {
    return silent_ && !failed() ? 0 : level();
}

double Wear::remaining_days() const {
    return std::max(0.0, (life_ - used_) / (units_per_day_ * wear_factor_));
}

void Wear::renew() {
    draw(0);
    episode.reset();
}

}  // namespace aftercare::sim
