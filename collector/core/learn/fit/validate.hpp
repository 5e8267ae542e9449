// How good a learned pack is on devices it has not seen: learn from the others, replay these with
// the detection code that ships, count.
#pragma once

#include <cstdint>
#include <functional>

#include "collector/core/learn/backtest.hpp"
#include "collector/core/learn/fit/fit.hpp"

namespace aftercare::collector {

struct Validation {
    std::uint32_t folds = 0;
    Score score;  ///< of all folds together
    Share precision, recall;
};

/// Devices with readings are left out in `folds` groups, device i in group i mod folds; devices
/// without stay in. Failures are those that outcomes tell; a ticket whose part was renewed within
/// its horizon, or whose horizon reaches beyond the history, does not count. The window and limit
/// are chosen anew for each fold, so that nothing of the judged devices flows in.
/// `progress(done, all)` may be empty. Errors: those of Detector::create.
Result<Validation> validate_by_devices(
    const Fleet& fleet, const Catalogue& catalogue, const FitOptions& options, std::uint32_t folds,
    const std::function<void(std::uint32_t, std::uint32_t)>& progress = {});

}  // namespace aftercare::collector
