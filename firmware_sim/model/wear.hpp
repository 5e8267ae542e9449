// One failure mode on one appliance: healthy, then degrading from an onset, then without function.
// Life is counted in use (cycles or hours of use), not in days, so an appliance at rest does not
// wear.
//
// Source: the P–F interval of reliability-centred maintenance (Nowlan and Heap, 1978); life is
// Weibull, drawn given survival to the present age: x = scale · ((age/scale)^shape − ln
// U)^(1/shape).
#pragma once

#include <cstddef>
#include <optional>

#include "common/rng.hpp"
#include "firmware_sim/model/kind.hpp"

namespace aftercare::sim {

class Wear {
  public:
    /// `age` in the mode's unit. With a wear factor, use counts that many times; the precursor
    /// keeps its length in days. Pre: units_per_day > 0.  Lifetime: `spec` outlives it.
    Wear(const FailureModeSpec& spec, double units_per_day, double age, double wear_factor,
         Rng rng);

    enum class Change : std::uint8_t { none, onset, failed };
    /// Counts `units` of use; tells a change once.
    Change use(double units);

    /// 0 when healthy, 1 at loss of function; grows as a power of the precursor's share that
    /// passed.
    [[nodiscard]] double level() const;
    /// What readings and codes show of it: `level`, or 0 in a silent episode before the failure.
    [[nodiscard]] double symptom() const;
    [[nodiscard]] bool degrading() const { return used_ >= onset_; }
    [[nodiscard]] bool failed() const { return used_ >= life_; }
    [[nodiscard]] bool silent() const { return silent_; }
    /// Until loss of function at the usual rate of use; 0 when failed.
    [[nodiscard]] double remaining_days() const;
    [[nodiscard]] const FailureModeSpec& spec() const { return *spec_; }

    /// A new (or cleaned) part: a fresh life from age 0.
    void renew();

    /// The ledger's number of the running episode, kept here so that its end finds it.
    std::optional<std::size_t> episode;

  private:
    void draw(double age);

    const FailureModeSpec* spec_;
    double units_per_day_;
    double wear_factor_;
    Rng rng_;
    double used_ = 0;
    double onset_ = 0;
    double life_ = 0;
    bool silent_ = false;
    bool onset_told_ = false;
    bool failure_told_ = false;
};

}  // namespace aftercare::sim
