#include "collector/core/detect/state.hpp"

#include <algorithm>

#include "collector/core/detect/stored_time.hpp"

namespace aftercare::collector {
namespace {

constexpr std::size_t kFiredMax = 1U << 16U;

bool untouched(const RuleState& state) {
    return state.ignore_before == kNever && state.fired.empty() &&
           std::all_of(state.leaves.begin(), state.leaves.end(),
                       [](const LeafState& leaf) { return leaf.fresh(); });
}

std::uint32_t short_hash(const CompiledRule& rule) {
    return static_cast<std::uint32_t>(rule.definition_hash);
}

StoredTimes times_of(const DetectState::Impl& state) {
    return StoredTimes{std::max(state.lanes[0], state.lanes[1])};
}

void encode_rule(const RuleState& state, const StoredTimes& times, std::string& content) {
    ByteWriter bytes(content);
    times.put(bytes, state.ignore_before);
    bytes.put_varint(state.fired.size());
    for (const WallTime start : state.fired) times.put(bytes, start);
    for (const LeafState& leaf : state.leaves) encode(leaf, times, bytes);
}

bool decode_rule(const CompiledRule& rule, std::string_view content, const StoredTimes& times,
                 RuleState& state) {
    ByteReader bytes(content);
    state.ignore_before = times.get(bytes);
    const std::uint64_t fired = bytes.get_varint();
    if (fired > kFiredMax) return false;
    for (std::uint64_t i = 0; i < fired && bytes.ok(); ++i) {
        state.fired.push_back(times.get(bytes));
    }
    for (std::size_t i = 0; i < rule.leaves.size(); ++i) {
        if (!decode(rule.leaves[i], bytes, times, state.leaves[i])) return false;
    }
    return bytes.ok() && bytes.at_end();
}

}  // namespace

void begin_again(DetectState::Impl& state) {
    state.lanes = {kNever, kNever};
    state.melted = 0;
    for (std::size_t i = 0; i < state.rules.size(); ++i) {
        RuleState& rule = state.rules[i];
        const std::vector<CompiledLeaf>& leaves = state.model->rules[i].leaves;
        for (std::size_t j = 0; j < leaves.size(); ++j) rule.leaves[j] = begin_leaf(leaves[j]);
        rule.fired.clear();
        rule.ignore_before = kNever;
    }
}

void encode(const DetectState::Impl& state, std::string& bytes) {
    ByteWriter writer(bytes);
    writer.put(kDetectStateVersion);
    const StoredTimes from_epoch{kNever};
    for (const WallTime lane : state.lanes) from_epoch.put(writer, lane);
    const StoredTimes times = times_of(state);
    std::string content;
    for (std::size_t i = 0; i < state.rules.size(); ++i) {
        if (untouched(state.rules[i])) continue;
        content.clear();
        encode_rule(state.rules[i], times, content);
        writer.put(short_hash(state.model->rules[i]));
        writer.put_part(content);
    }
}

Status decode(std::string_view bytes, DetectState::Impl& state) {
    ByteReader reader(bytes);
    if (const auto version = reader.get<std::uint8_t>(); version != kDetectStateVersion) {
        return fail(Errc::corrupt, "detection state has version " + std::to_string(version) +
                                       ", this program reads " +
                                       std::to_string(kDetectStateVersion));
    }
    const StoredTimes from_epoch{kNever};
    for (WallTime& lane : state.lanes) lane = from_epoch.get(reader);
    const StoredTimes times = times_of(state);
    const auto& rules = state.model->rules;
    std::size_t expected =
        0;  // rules are stored in their order, so the next one is nearly always it
    while (reader.ok() && !reader.at_end()) {
        const auto hash = reader.get<std::uint32_t>();
        const std::string_view content = reader.get_part();
        const auto same = [&](const CompiledRule& rule) { return short_hash(rule) == hash; };
        auto rule =
            std::find_if(rules.begin() + static_cast<std::ptrdiff_t>(expected), rules.end(), same);
        if (rule == rules.end()) rule = std::find_if(rules.begin(), rules.end(), same);
        if (!reader.ok() || rule == rules.end()) continue;
        expected = static_cast<std::size_t>(rule - rules.begin()) + 1;
        if (!decode_rule(*rule, content, times, state.rules[expected - 1])) {
            return fail(Errc::corrupt,
                        "detection state of rule '" + rule->rule->id + "' is damaged");
        }
    }
    if (!reader.ok()) return fail(Errc::corrupt, "detection state is cut short");
    return {};
}

}  // namespace aftercare::collector
