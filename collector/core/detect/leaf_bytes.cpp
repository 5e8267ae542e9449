// The stored form of a leaf.
#include <algorithm>

#include "collector/core/detect/leaf.hpp"

namespace aftercare::collector {
namespace {

// Bits of the first stored byte.
constexpr unsigned kOpen = 1;
constexpr unsigned kReachesBack = 2;
constexpr unsigned kRemembers = 4;
constexpr unsigned kIntervals = 8;

bool fits_window(const Predicate& predicate, std::int64_t newest) {
    const std::int64_t furthest = kFurthestMs / predicate.window.count() * kWindowBuckets;
    return newest == kNoBucket || (newest > -furthest && newest < furthest);
}

// Damaged bytes must not become an endless loop or an overflow later.
bool fits(const CompiledLeaf& leaf, const LeafState& state) {
    const bool grounded = state.last_at != kNever && !state.intervals.empty();
    if (state.open && !grounded) return false;
    const Predicate& predicate = *leaf.predicate;
    if (predicate.kind == PredicateKind::life && state.intervals.size() > 1) return false;
    if (const auto* faults = std::get_if<FaultCountState>(&state.memory)) {
        return faults->times.size() <= predicate.count;
    }
    if (const auto* threshold = std::get_if<ThresholdState>(&state.memory)) {
        return threshold->points.size() <= kThresholdPointsMax;
    }
    if (const auto* sequence = std::get_if<FaultSequenceState>(&state.memory)) {
        const bool named = std::all_of(
            state.intervals.begin(), state.intervals.end(), [&](const Interval& interval) {
                return interval.baseline >= 0 &&
                       interval.baseline < static_cast<float>(leaf.labels.size());
            });
        return named && (sequence->pair_from == kNever) == (sequence->pair_to == kNever);
    }
    if (const auto* drift = std::get_if<DriftState>(&state.memory)) {
        return fits_window(predicate, drift->newest);
    }
    if (const auto* cohort = std::get_if<CohortState>(&state.memory)) {
        return fits_window(predicate, cohort->window.newest);
    }
    return true;
}

struct Writer {
    const StoredTimes& times;
    ByteWriter& bytes;
    void operator()(const DriftState& kind) const { encode(kind, bytes); }
    void operator()(const CohortState& kind) const { encode(kind, bytes); }
    void operator()(const SilenceState&) const {}
    void operator()(const auto& kind) const { encode(kind, times, bytes); }
};

struct Reader {
    const StoredTimes& times;
    ByteReader& bytes;
    void operator()(DriftState& kind) const { decode(bytes, kind); }
    void operator()(CohortState& kind) const { decode(bytes, kind); }
    void operator()(SilenceState&) const {}
    void operator()(auto& kind) const { decode(bytes, times, kind); }
};

}  // namespace

void encode(const LeafState& state, const StoredTimes& times, ByteWriter& bytes) {
    const bool remembers = !std::visit([](const auto& kind) { return kind.fresh(); }, state.memory);
    bytes.put(static_cast<std::uint8_t>(
        (state.open ? kOpen : 0U) | (state.reaches_back ? kReachesBack : 0U) |
        (remembers ? kRemembers : 0U) | (state.intervals.empty() ? 0U : kIntervals)));
    times.put(bytes, state.last_at);
    if (!state.intervals.empty()) bytes.put(static_cast<std::uint8_t>(state.intervals.size()));
    for (const Interval& interval : state.intervals) {
        times.put(bytes, interval.start);
        times.put(bytes, interval.end);
        for (const float value : {interval.value, interval.baseline, interval.deviation}) {
            bytes.put_real(value);
        }
        bytes.put_varint(interval.code);
    }
    if (!remembers) return;
    std::visit(Writer{times, bytes}, state.memory);
}

bool decode(const CompiledLeaf& leaf, ByteReader& bytes, const StoredTimes& times,
            LeafState& state) {
    const unsigned flags = bytes.get<std::uint8_t>();
    state.open = (flags & kOpen) != 0;
    state.reaches_back = (flags & kReachesBack) != 0;
    state.last_at = times.get(bytes);
    const unsigned count = (flags & kIntervals) != 0 ? bytes.get<std::uint8_t>() : 0;
    if (count > kIntervalsMax) return false;
    // Only a life goes on for ever.
    const bool ends = leaf.predicate->kind != PredicateKind::life;
    state.intervals.reserve(count);
    for (unsigned i = 0; i < count && bytes.ok(); ++i) {
        Interval& interval = state.intervals.emplace_back();
        interval.start = times.get(bytes);
        interval.end = ends ? times.get(bytes) : times.get_even_for_ever(bytes);
        for (float* value : {&interval.value, &interval.baseline, &interval.deviation}) {
            *value = bytes.get_real();
        }
        interval.code = static_cast<std::uint32_t>(bytes.get_varint());
    }
    if ((flags & kRemembers) != 0) {
        std::visit(Reader{times, bytes}, state.memory);
    }
    return bytes.ok() && fits(leaf, state);
}

}  // namespace aftercare::collector
