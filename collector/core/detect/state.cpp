#include "collector/core/detect/state.hpp"

#include <algorithm>

#include "collector/core/detect/stored_time.hpp"

namespace aftercare::collector {
namespace {

bool untouched(const RuleState& state) {
    const auto silent = [](const LeafState& leaf) { return leaf.last_at == kNever; };
    return state.ignore_before == kNever && !state.fired.written() &&
           std::all_of(state.leaves.begin(), state.leaves.end(), silent);
}

void encode_rule(const RuleState& state, std::string& content) {
    ByteWriter bytes(content);
    bytes.put(unix_ms(state.ignore_before));
    bytes.put(static_cast<std::uint16_t>(state.fired.get().size()));
    for (const WallTime start : state.fired.get()) bytes.put(unix_ms(start));
    for (const LeafState& leaf : state.leaves) encode(leaf, bytes);
}

bool decode_rule(const CompiledRule& rule, std::string_view content, RuleState& state) {
    ByteReader bytes(content);
    state.ignore_before = get_time(bytes);
    const auto fired = bytes.get<std::uint16_t>();
    for (std::size_t i = 0; i < fired && bytes.ok(); ++i) {
        state.fired.edit().push_back(get_time(bytes));
    }
    for (std::size_t i = 0; i < rule.leaves.size(); ++i) {
        if (!decode(rule.leaves[i], bytes, state.leaves[i])) return false;
    }
    return bytes.ok() && bytes.at_end();
}

}  // namespace

void encode(const DetectState::Impl& state, std::string& bytes) {
    ByteWriter writer(bytes);
    writer.put(kDetectStateVersion);
    for (const WallTime lane : state.lanes) writer.put(unix_ms(lane));
    std::string content;
    for (std::size_t i = 0; i < state.rules.size(); ++i) {
        if (untouched(state.rules[i])) continue;
        content.clear();
        encode_rule(state.rules[i], content);
        writer.put(state.model->rules[i].definition_hash);
        writer.put_text(content);
    }
}

Status decode(std::string_view bytes, DetectState::Impl& state) {
    ByteReader reader(bytes);
    if (const auto version = reader.get<std::uint8_t>(); version != kDetectStateVersion) {
        return fail(Errc::corrupt, "detection state has version " + std::to_string(version) +
                                       ", this program reads " +
                                       std::to_string(kDetectStateVersion));
    }
    for (WallTime& lane : state.lanes) lane = get_time(reader);
    while (reader.ok() && !reader.at_end()) {
        const auto hash = reader.get<std::uint64_t>();
        const std::string_view content = reader.get_text();
        const auto& rules = state.model->rules;
        const auto rule = std::find_if(rules.begin(), rules.end(), [&](const CompiledRule& item) {
            return item.definition_hash == hash;
        });
        if (!reader.ok() || rule == rules.end()) continue;
        RuleState& target = state.rules[static_cast<std::size_t>(rule - rules.begin())];
        if (!decode_rule(*rule, content, target)) {
            return fail(Errc::corrupt,
                        "detection state of rule '" + rule->rule->id + "' is damaged");
        }
    }
    if (!reader.ok()) return fail(Errc::corrupt, "detection state is cut short");
    return {};
}

}  // namespace aftercare::collector
