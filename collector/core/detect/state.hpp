// What DetectState hides, and its stored form.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collector/core/detect/detector.hpp"
#include "collector/core/detect/rule_state.hpp"

namespace aftercare::collector {

inline constexpr std::uint8_t kDetectStateVersion = 2;

struct DetectState::Impl {
    const CompiledModel* model = nullptr;
    LaneTimes lanes{kNever, kNever};
    std::vector<RuleState> rules;  ///< one per rule of the model, in its order
    std::uint32_t melted = 0;      ///< since it was last asked; not stored
};

/// Version byte, lane times, then per rule that has memory: definition hash (its low 32 bits),
/// length, content. Times are distances from the further lane, numbers are as short as they can be:
/// a rule of a code and a drift takes some 80 to 130 bytes.
/// As if nothing had been observed; keeps the memory.
void begin_again(DetectState::Impl& state);
void encode(const DetectState::Impl& state, std::string& bytes);
/// Fills `state`, freshly begun for its model. Rules whose hash is not among the bytes stay fresh.
/// Errors: corrupt.
Status decode(std::string_view bytes, DetectState::Impl& state);

}  // namespace aftercare::collector
