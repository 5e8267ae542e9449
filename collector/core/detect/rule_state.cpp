#include "collector/core/detect/rule_state.hpp"

#include <algorithm>

namespace aftercare::collector {
namespace {

Intervals joined(PredicateKind kind, const Intervals& left, const Intervals& right) {
    return kind == PredicateKind::all ? intersect(left, right) : unite(left, right);
}

/// Evaluates the postfix tree. `intervals_of` gives a leaf's intervals, `known_until` the time from
/// which on a leaf may still become true.
template <class IntervalsOf, class KnownUntil>
Intervals root_of(const CompiledRule& rule, IntervalsOf intervals_of, KnownUntil known_until) {
    std::vector<Intervals> stack;
    for (const CompiledNode& node : rule.nodes) {
        if (node.child_count == 0) {
            stack.push_back(intervals_of(node.leaf));
        } else if (node.kind == PredicateKind::none_of) {
            WallTime known = kForEver;
            for (std::uint8_t leaf = node.leaf; leaf < node.leaf_end; ++leaf) {
                known = std::min(known, known_until(leaf));
            }
            stack.back() = complement(stack.back(), known);
        } else {
            for (std::uint8_t i = 1; i < node.child_count; ++i) {
                const Intervals right = std::move(stack.back());
                stack.pop_back();
                stack.back() = joined(node.kind, stack.back(), right);
            }
        }
    }
    return std::move(stack.back());
}

WallTime known_until(const CompiledRule& rule, const RuleState& state, const LaneTimes& lanes,
                     std::size_t leaf) {
    return settled_until(state.leaves[leaf], lanes[index(rule.leaves[leaf].lane)]);
}

/// What a `not` looks back on: as long as something it may end is still there.
WallTime earliest_start(const CompiledRule& rule, const RuleState& state) {
    WallTime earliest = kForEver;
    for (std::size_t i = 0; i < state.leaves.size(); ++i) {
        if (rule.leaves[i].negated || state.leaves[i].intervals.empty()) continue;
        earliest = std::min(earliest, state.leaves[i].intervals.front().start);
    }
    return earliest;
}

}  // namespace

RuleState begin_rule(const CompiledRule& rule) {
    RuleState state;
    state.leaves.reserve(rule.leaves.size());
    for (const CompiledLeaf& leaf : rule.leaves) state.leaves.push_back(begin_leaf(leaf));
    return state;
}

std::vector<WallTime> fire(const CompiledRule& rule, RuleState& state, const LaneTimes& lanes) {
    const Intervals root = root_of(
        rule, [&](std::uint8_t leaf) { return state.leaves[leaf].intervals; },
        [&](std::uint8_t leaf) { return known_until(rule, state, lanes, leaf); });
    const std::vector<WallTime>& fired = state.fired;
    std::vector<WallTime> starts;
    std::vector<WallTime> fresh;
    for (const Interval& interval : root) {
        starts.push_back(interval.start);
        const bool known = std::binary_search(fired.begin(), fired.end(), interval.start);
        if (!known) fresh.push_back(interval.start);
    }
    state.fired = std::move(starts);
    return fresh;
}

void prune(const CompiledRule& rule, RuleState& state, const LaneTimes& lanes) {
    WallTime settled = kForEver;
    bool any_written = false;
    for (std::size_t i = 0; i < state.leaves.size(); ++i) {
        settled = std::min(settled, known_until(rule, state, lanes, i));
        any_written = any_written || !state.leaves[i].intervals.empty();
    }
    if (!any_written) {
        state.fired.clear();
        return;
    }
    for (std::size_t i = 0; i < state.leaves.size(); ++i) {
        if (!rule.leaves[i].negated) drop_ended(state.leaves[i], settled);
    }
    if (!rule.negates) return;
    settled = std::min(settled, earliest_start(rule, state));
    for (std::size_t i = 0; i < state.leaves.size(); ++i) {
        if (rule.leaves[i].negated) drop_ended(state.leaves[i], settled);
    }
}

bool waits(const CompiledRule& rule, const RuleState& state) {
    return earliest_start(rule, state) != kForEver;
}

void forget_before(const CompiledRule& rule, RuleState& state, WallTime at) {
    // Told again, by a technician or by another clock: what came since is of the new part.
    if (at <= state.ignore_before) return;
    state.ignore_before = at;
    for (std::size_t i = 0; i < state.leaves.size(); ++i) {
        forget_before(rule.leaves[i], state.leaves[i], at);
    }
}

void restart_lane(const CompiledRule& rule, RuleState& state, Lane lane) {
    for (std::size_t i = 0; i < state.leaves.size(); ++i) {
        if (rule.leaves[i].lane == lane) restart(rule.leaves[i], state.leaves[i]);
    }
}

bool stands(const CompiledRule& rule, const RuleState& state, WallTime now) {
    const auto granted = [&](std::uint8_t leaf) {
        const LeafState& memory = state.leaves[leaf];
        Intervals intervals = memory.intervals;
        if (memory.open) {
            Interval& last = intervals.back();
            const WallTime end = later_by(memory.last_at, rule.leaves[leaf].silence);
            last.end = std::max(last.end, std::min(end, latest_end(rule.leaves[leaf], last.start)));
        }
        return intervals;
    };
    const Intervals root = root_of(rule, granted, [](std::uint8_t) { return kForEver; });
    return std::any_of(root.begin(), root.end(),
                       [&](const Interval& interval) { return interval.contains(now); });
}

}  // namespace aftercare::collector
