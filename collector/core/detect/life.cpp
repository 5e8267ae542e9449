#include "collector/core/detect/life.hpp"

#include <cmath>

namespace aftercare::collector {
namespace {

double hazard(const Predicate& predicate, double age) {
    return std::pow(age / predicate.scale, predicate.shape);
}

}  // namespace

double failure_probability(const Predicate& predicate, double age) {
    return -std::expm1(hazard(predicate, age) - hazard(predicate, age + predicate.ahead));
}

double age_limit(const Predicate& predicate) {
    constexpr int kDoublingsMax = 200;
    constexpr int kHalvings = 100;
    const auto beyond = [&](double age) {
        return failure_probability(predicate, age) >= predicate.probability;
    };
    if (beyond(0)) return 0;
    double high = predicate.scale;
    for (int i = 0; i < kDoublingsMax && !beyond(high); ++i) high *= 2;
    double low = 0;
    for (int i = 0; i < kHalvings; ++i) {
        const double middle = low + (high - low) / 2;
        (beyond(middle) ? high : low) = middle;
    }
    return high;
}

Verdict judge(double limit, UseState& state, std::uint64_t total, WallTime at) {
    const bool first = state.last_at == kNever;
    if (!first && total < state.last_total) return {};
    if (state.waits_for_base) {
        state.base = total;
        state.waits_for_base = false;
    }
    const double used = static_cast<double>(total - state.base);
    Verdict verdict{.truth = used >= limit ? Truth::yes : Truth::no,
                    .start = at,
                    .value = static_cast<float>(used),
                    .baseline = static_cast<float>(limit)};
    if (!first && state.last_total >= state.base) {
        const double before = static_cast<double>(state.last_total - state.base);
        if (before < limit && used >= limit) {
            const double share = (limit - before) / (used - before);
            const auto span = static_cast<double>((at - state.last_at).count());
            verdict.start = state.last_at + milliseconds{std::llround(share * span)};
        }
    }
    state.last_at = at;
    state.last_total = total;
    state.trail.add({at, static_cast<float>(used)});
    return verdict;
}

void forget_before(AgeState& state, WallTime at) {
    state.replaced = std::max(state.replaced, at);
}

void forget_before(UseState& state, WallTime at) {
    if (state.replaced_at >= at) return;
    state = {.replaced_at = at, .waits_for_base = true};
}

void encode(const AgeState& state, const StoredTimes& times, ByteWriter& bytes) {
    times.put(bytes, state.installed);
    times.put(bytes, state.replaced);
}

void decode(ByteReader& bytes, const StoredTimes& times, AgeState& state) {
    state.installed = times.get(bytes);
    state.replaced = times.get(bytes);
}

void encode(const UseState& state, const StoredTimes& times, ByteWriter& bytes) {
    times.put(bytes, state.replaced_at);
    bytes.put(static_cast<std::uint8_t>(state.waits_for_base));
    bytes.put_varint(state.base);
    times.put(bytes, state.last_at);
    bytes.put_varint(state.last_total);
    state.trail.encode(times, bytes);
}

void decode(ByteReader& bytes, const StoredTimes& times, UseState& state) {
    state.replaced_at = times.get(bytes);
    state.waits_for_base = bytes.get<std::uint8_t>() != 0;
    state.base = bytes.get_varint();
    state.last_at = times.get(bytes);
    state.last_total = bytes.get_varint();
    // A base above the last total is one that no total came for.
    if (state.base > state.last_total && !state.waits_for_base) bytes.spoil();
    state.trail.decode(bytes, times);
}

}  // namespace aftercare::collector
