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
/// without stay in. Failures are those that outcomes tell; a ticket whose part was renewed within
/// its horizon, or whose horizon reaches beyond the history, does not count. The window and limit
/// are chosen anew for each fold, so that nothing of the judged devices flows in.
/// Errors: those of Detector::create.
Result<Validation> validate_by_devices(const Fleet& fleet, const Catalogue& catalogue,
                                       const FitOptions& options, std::uint32_t folds,
                                       const ValidationProgress& progress = {});

/// Learns from the first 40 % of the time of devices with readings, then from 60 % and 80 %; each
/// pack is judged on the tickets and failures of the fifth that follows. What happened later,
/// outcomes too, is not known when learning.
/// Errors: those of Detector::create.
Result<Validation> validate_by_time(const Fleet& fleet, const Catalogue& catalogue,
                                    const FitOptions& options,
                                    const ValidationProgress& progress = {});

}  // namespace aftercare::collector
