// What devices of one model and firmware are like, for the rules of kind `cohort`: quantiles of the
// means of one metric over windows, from recorded histories.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/core/detect/rule.hpp"
#include "collector/core/learn/history.hpp"

namespace aftercare::collector {

/// A cohort of fewer devices says more of them than of its kind.
inline constexpr std::size_t kCohortDevicesMin = 10;

struct CohortFit {
    CohortReference reference;
    std::size_t devices = 0;
    std::size_t windows = 0;
};

struct CohortFits {
    std::vector<CohortFit> fits;        ///< by model, its own first, then its firmwares
    std::vector<std::string> left_out;  ///< "model firmware: why"
};

/// Windows begin at whole multiples of `window` since the epoch; those with fewer than
/// `samples_min` readings do not count. Every device weighs the same, however long it was watched.
CohortFits fit_cohorts(std::span<const History> histories, std::string_view metric,
                       milliseconds window, std::uint32_t samples_min);

}  // namespace aftercare::collector
