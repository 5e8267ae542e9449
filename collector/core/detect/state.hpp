// What DetectState hides, and its stored form.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collector/core/detect/detector.hpp"
#include "collector/core/detect/rule_state.hpp"

namespace aftercare::collector {

inline constexpr std::uint8_t kDetectStateVersion = 1;

struct DetectState::Impl {
    const CompiledModel* model = nullptr;
    LaneTimes lanes{kNever, kNever};
    std::vector<RuleState> rules;  ///< one per rule of the model, in its order
};

/// Version byte, lane times, then per rule that has memory: definition hash, length, content.
void encode(const DetectState::Impl& state, std::string& bytes);
/// Fills `state`, freshly begun for its model. Rules whose hash is not among the bytes stay fresh.
/// Errors: corrupt.
Status decode(std::string_view bytes, DetectState::Impl& state);

}  // namespace aftercare::collector
