#include "collector/core/detect/fault_sequence.hpp"

namespace aftercare::collector {

Verdict judge(const Predicate& predicate, FaultSequenceState& state, SequenceRole role,
              const Fault& fault, WallTime at) {
    if (fault.state != FaultState::raised && fault.state != FaultState::occurred) return {};
    Verdict verdict;
    const bool follows = role.second && state.first_at != kNever;
    if (follows && at - state.first_at <= predicate.window) {
        state.pair_from = state.first_at;
        state.pair_to = at;
        verdict = {.truth = Truth::yes, .start = at, .value = 1, .code = fault.code};
    } else if (role.second) {
        verdict.truth = Truth::no;
    }
    if (role.first) {
        state.first_at = at;
        state.first_code = fault.code;
    }
    return verdict;
}

void forget_before(FaultSequenceState& state, WallTime at) {
    if (state.first_at < at) state.first_at = kNever;
    if (state.pair_from < at) state.pair_from = state.pair_to = kNever;
}

void encode(const FaultSequenceState& state, const StoredTimes& times, ByteWriter& bytes) {
    times.put(bytes, state.first_at);
    bytes.put_varint(state.first_code);
    times.put(bytes, state.pair_from);
    times.put(bytes, state.pair_to);
}

void decode(ByteReader& bytes, const StoredTimes& times, FaultSequenceState& state) {
    state.first_at = times.get(bytes);
    state.first_code = static_cast<std::uint32_t>(bytes.get_varint());
    state.pair_from = times.get(bytes);
    state.pair_to = times.get(bytes);
}

}  // namespace aftercare::collector
