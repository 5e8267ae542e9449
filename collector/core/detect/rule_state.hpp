// The state of one rule on one device: its leaves, the root's intervals that fired, and what of
// them the other lane may still need.
#pragma once

#include <array>
#include <vector>

#include "collector/core/detect/compiled.hpp"
#include "collector/core/detect/interval.hpp"
#include "collector/core/detect/leaf.hpp"
#include "common/telemetry.hpp"

namespace aftercare::collector {

/// How far each lane has come; kNever = nothing yet.
using LaneTimes = std::array<WallTime, kLaneCount>;

struct RuleState {
    std::vector<LeafState> leaves;
    std::vector<WallTime> fired;      ///< starts of the root's intervals, ascending
    WallTime ignore_before = kNever;  ///< a part replaced: what was before is about the old one
};

RuleState begin_rule(const CompiledRule& rule);
/// Starts of root intervals that had not fired yet, ascending; remembers them as fired.
std::vector<WallTime> fire(const CompiledRule& rule, RuleState& state, const LaneTimes& lanes);
/// May a rule with a `not` become true by time alone?
bool waits(const CompiledRule& rule, const RuleState& state);
/// Forgets intervals that ended before every leaf's settled time: they meet nothing and grow no
/// more.
void prune(const CompiledRule& rule, RuleState& state, const LaneTimes& lanes);
/// Forgets all evidence from before `at`, and ignores what still comes from then; nothing when that
/// moment is known already, or an earlier one than that.
void forget_before(const CompiledRule& rule, RuleState& state, WallTime at);
/// Restarts the leaves that listen to this lane.
void restart_lane(const CompiledRule& rule, RuleState& state, Lane lane);
/// Is the root true at `now`, granting each leaf that no sample ended its silence? What a `not`
/// cannot know yet counts as not true.
bool stands(const CompiledRule& rule, const RuleState& state, WallTime now);

}  // namespace aftercare::collector
