#include "collector/core/detect/rule_state.hpp"

#include <algorithm>

namespace aftercare::collector {
namespace {

// Evaluates the postfix tree; `intervals_of` gives a leaf's intervals.
template <class IntervalsOf>
Intervals root_of(const CompiledRule& rule, IntervalsOf intervals_of) {
    std::vector<Intervals> stack;
    for (const CompiledNode& node : rule.nodes) {
        if (node.child_count == 0) {
            stack.push_back(intervals_of(node.leaf));
            continue;
        }
        for (std::uint8_t i = 1; i < node.child_count; ++i) {
            const Intervals right = std::move(stack.back());
            stack.pop_back();
            stack.back() = node.kind == PredicateKind::all ? intersect(stack.back(), right)
                                                           : unite(stack.back(), right);
        }
    }
    return std::move(stack.back());
}

}  // namespace

RuleState begin_rule(const CompiledRule& rule) {
    RuleState state;
    state.leaves.reserve(rule.leaves.size());
    for (const CompiledLeaf& leaf : rule.leaves) state.leaves.push_back(begin_leaf(leaf));
    return state;
}

std::vector<WallTime> fire(const CompiledRule& rule, RuleState& state) {
    const Intervals root =
        root_of(rule, [&](std::uint8_t leaf) { return state.leaves[leaf].intervals; });
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
        const WallTime lane_at = lanes[index(rule.leaves[i].lane)];
        settled = std::min(settled, settled_until(state.leaves[i], lane_at));
        any_written = any_written || !state.leaves[i].intervals.empty();
    }
    if (!any_written) {
        state.fired.clear();
        return;
    }
    for (LeafState& leaf : state.leaves) drop_ended(leaf, settled);
}

void forget_before(const CompiledRule& rule, RuleState& state, WallTime at) {
    state.ignore_before = std::max(state.ignore_before, at);
    for (std::size_t i = 0; i < state.leaves.size(); ++i) {
        forget_before(rule.leaves[i], state.leaves[i], at);
    }
}

void restart_lane(const CompiledRule& rule, RuleState& state, Lane lane) {
    for (std::size_t i = 0; i < state.leaves.size(); ++i) {
        if (rule.leaves[i].lane == lane) state.leaves[i] = begin_leaf(rule.leaves[i]);
    }
}

bool stands(const CompiledRule& rule, const RuleState& state, WallTime now) {
    const Intervals root = root_of(rule, [&](std::uint8_t leaf) {
        const LeafState& memory = state.leaves[leaf];
        Intervals intervals = memory.intervals;
        if (memory.open) {
            Interval& last = intervals.back();
            const WallTime end = later_by(memory.last_at, rule.leaves[leaf].silence);
            last.end = std::max(last.end, std::min(end, latest_end(rule.leaves[leaf], last.start)));
        }
        return intervals;
    });
    return std::any_of(root.begin(), root.end(),
                       [&](const Interval& interval) { return interval.contains(now); });
}

}  // namespace aftercare::collector
