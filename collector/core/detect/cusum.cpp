#include "collector/core/detect/cusum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace aftercare::collector {
namespace {

void grow(CusumState::Sum& sum, double by, double size_max) {
    const double size = std::clamp(static_cast<double>(sum.size) + by, 0.0, size_max);
    sum.size = static_cast<float>(size);
    sum.readings = size > 0 ? sum.readings + 1 : 0;
}

std::uint32_t get_count(ByteReader& bytes) {
    const std::uint64_t count = bytes.get_varint();
    if (count > std::numeric_limits<std::uint32_t>::max() / 2) bytes.spoil();
    return static_cast<std::uint32_t>(count);
}

}  // namespace

Verdict judge(const Predicate& predicate, CusumState& state, bool was_true, float value,
              WallTime at) {
    if (state.since == kNever) state.since = at;
    if (state.own.count < predicate.target_readings) {
        add(state.own, {1, static_cast<double>(value), 0});
        return {};
    }
    const Baseline target = baseline_of(predicate, state.own.moments());
    if (!target.enough) return {};
    const double z = (static_cast<double>(value) - target.mean) / target.deviation;
    const double size_max = 2 * predicate.limit;
    if (predicate.side != Side::below) grow(state.above, z - predicate.slack, size_max);
    if (predicate.side != Side::above) grow(state.below, -z - predicate.slack, size_max);
    if (state.above.readings == 0 && state.below.readings == 0) state.trail.clear();
    state.trail.add({at, value});

    const bool up = state.above.size >= state.below.size;
    const CusumState::Sum& sum = up ? state.above : state.below;
    const double size = static_cast<double>(sum.size);
    const double shift =
        sum.readings > 0 ? (predicate.slack + size / sum.readings) * (up ? 1 : -1) : 0;
    const double limit = was_true ? predicate.clear_limit : predicate.limit;
    return {.truth = size > limit ? Truth::yes : Truth::no,
            .start = at,
            .value = static_cast<float>(target.mean + shift * target.deviation),
            .baseline = static_cast<float>(target.mean),
            .deviation = up ? sum.size : -sum.size};
}

void forget_before(CusumState& state, WallTime at) {
    if (state.since < at) state = {};
}

void encode(const CusumState& state, const StoredTimes& times, ByteWriter& bytes) {
    times.put(bytes, state.since);
    bytes.put_varint(state.own.count);
    bytes.put_real(state.own.mean);
    bytes.put_real(state.own.squares);
    for (const CusumState::Sum& sum : {state.above, state.below}) {
        bytes.put_varint(sum.readings);
        if (sum.readings > 0) bytes.put_real(sum.size);
    }
    state.trail.encode(times, bytes);
}

void decode(ByteReader& bytes, const StoredTimes& times, CusumState& state) {
    state.since = times.get(bytes);
    state.own.count = get_count(bytes);
    state.own.mean = bytes.get_real();
    state.own.squares = bytes.get_real();
    for (CusumState::Sum* sum : {&state.above, &state.below}) {
        sum->readings = get_count(bytes);
        if (sum->readings > 0) sum->size = bytes.get_real();
        if (!(sum->size >= 0)) bytes.spoil();
    }
    state.trail.decode(bytes, times);
}

}  // namespace aftercare::collector
