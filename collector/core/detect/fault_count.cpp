#include "collector/core/detect/fault_count.hpp"

#include <algorithm>

namespace aftercare::collector {

Verdict judge(const Predicate& predicate, FaultCountState& state, const Fault& fault, WallTime at) {
    if (fault.state != FaultState::raised && fault.state != FaultState::occurred) return {};
    const std::uint32_t occurrences = std::max(fault.occurrences, 1U);
    Verdict verdict{.truth = Truth::yes,
                    .start = at,
                    .value = static_cast<float>(std::max(occurrences, predicate.count)),
                    .code = fault.code};
    if (predicate.count == 1) return verdict;

    state.times.insert(state.times.end(), std::min(occurrences, predicate.count), at);
    if (state.times.size() > predicate.count) {
        const auto surplus = static_cast<std::ptrdiff_t>(state.times.size() - predicate.count);
        state.times.erase(state.times.begin(), state.times.begin() + surplus);
    }
    const bool enough = state.times.size() == predicate.count &&
                        state.times.back() - state.times.front() <= predicate.window;
    if (!enough) verdict.truth = Truth::no;
    return verdict;
}

void forget_before(FaultCountState& state, WallTime at) {
    std::erase_if(state.times, [&](WallTime time) { return time < at; });
}

void encode(const FaultCountState& state, const StoredTimes& times, ByteWriter& bytes) {
    bytes.put(static_cast<std::uint8_t>(state.times.size()));
    for (const WallTime time : state.times) times.put(bytes, time);
}

void decode(ByteReader& bytes, const StoredTimes& times, FaultCountState& state) {
    const auto count = bytes.get<std::uint8_t>();
    for (std::size_t i = 0; i < count && bytes.ok(); ++i) state.times.push_back(times.get(bytes));
}

}  // namespace aftercare::collector
