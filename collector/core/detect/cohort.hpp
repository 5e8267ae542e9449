// `cohort`: the mean of the last window against what devices of the same model and firmware are
// like. The pack carries that as quantiles, so that no answer depends on which device reported
// first.
//
// Stored: as for a drift, and 5 bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "collector/core/detect/drift.hpp"
#include "collector/core/detect/rule.hpp"
#include "collector/core/detect/verdict.hpp"
#include "collector/core/intake/bytes.hpp"

namespace aftercare::collector {

/// Which of a model's references a firmware has; 0 stands for none named.
struct CohortChoice {
    std::uint32_t firmware = 0;
    std::uint16_t reference = 0;  ///< into Predicate::references
};

std::uint32_t firmware_hash(std::string_view firmware);

/// The readings of the window, and in the place of a drift's baseline those of the window before.
struct CohortState {
    std::uint32_t firmware = 0;  ///< hash of what the device runs; 0 = not told
    DriftState window;

    [[nodiscard]] bool fresh() const { return firmware == 0 && window.fresh(); }
};

/// Percent of the devices that lie below `value`, by straight lines between the quantiles; beyond
/// the outermost ones 0 and 100. Worked: quantiles 1 2 3 4 5 6 7 give 62.5 for 4.5.
double percentile_of(const CohortReference& reference, double value);

/// The verdict's deviation is the percentile, its baseline the cohort's median. Unknown for a
/// device whose model has no reference. Pre: `at` is not before the last call's.
Verdict judge(const Predicate& predicate, std::span<const CohortChoice> choices, CohortState& state,
              bool was_true, float value, WallTime at);
/// What was read under another firmware does not count. True when it changed.
bool take_firmware(CohortState& state, std::uint32_t firmware);
void encode(const CohortState& state, ByteWriter& bytes);
void decode(ByteReader& bytes, CohortState& state);

}  // namespace aftercare::collector
