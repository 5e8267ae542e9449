// How good a learned pack is on what it has not seen: learn from the rest, replay with the
// detection code that ships, count.
#pragma once

#include <cstdint>
#include <functional>

#include "collector/core/learn/comparison.hpp"
#include "collector/core/learn/fit/fit.hpp"

namespace aftercare::collector {

struct Validation {
    std::uint32_t parts = 0;  ///< groups of devices, or stretches of time
    PackFigures figures;      ///< of all parts together

    /// 80 % intervals, Jeffreys' prior.
    [[nodiscard]] Share precision() const;
    [[nodiscard]] Share recall() const;
};
void merge(const Validation& part, Validation& whole);

/// Told as (done, all); may be empty.
using ValidationProgress = std::function<void(std::uint32_t, std::uint32_t)>;

/// Devices with readings are left out in `folds` groups, device i in group i mod folds; devices
/// without stay in. Failures are those that outcomes tell; which tickets count says fate.hpp. The
/// window and limit are chosen anew for each fold, so that nothing of the judged devices flows in.
/// Errors: those of Detector::create.
Result<Validation> validate_by_devices(const Fleet& fleet, const Catalogue& catalogue,
                                       const FitOptions& options, std::uint32_t folds,
                                       const ValidationProgress& progress = {});

/// Visits that nobody reports: each outcome is missing with probability `share`.
struct OutcomesLost {
    double share = 0;
    std::uint64_t seed = 1;
    std::uint32_t draws = 10;
};

/// validate_by_devices, once for each draw. What is lost reaches neither learning nor the detection
/// that is judged, where the life and the baselines of a part whose repair nobody told go on; the
/// judgement knows all outcomes. Draws depend on the seed and on the devices' ids alone.
/// Errors: those of Detector::create.
Result<std::vector<Validation>> validate_with_outcomes_lost(
    const Fleet& fleet, const Catalogue& catalogue, const FitOptions& options, std::uint32_t folds,
    const OutcomesLost& lost, const ValidationProgress& progress = {});

/// Learns from the first 40 % of the time of devices with readings, then from 60 % and 80 %; each
/// pack is judged on the tickets and failures of the fifth that follows. What happened later,
/// outcomes too, is not known when learning.
/// Errors: those of Detector::create.
Result<Validation> validate_by_time(const Fleet& fleet, const Catalogue& catalogue,
                                    const FitOptions& options,
                                    const ValidationProgress& progress = {});

}  // namespace aftercare::collector
