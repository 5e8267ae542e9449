#include "collector/core/detect/leaf.hpp"

#include <cmath>

namespace aftercare::collector {
namespace {

// Bits of the first stored byte.
constexpr unsigned kOpen = 1;
constexpr unsigned kReachesBack = 2;
constexpr unsigned kRemembers = 4;
constexpr unsigned kIntervals = 8;

// The strongest moment of an interval is what a technician wants to see; codes add up.
void keep_facts(PredicateKind kind, Interval& interval, const Verdict& verdict) {
    if (kind == PredicateKind::fault_count) {
        interval.value += 1;
        interval.code = verdict.code;
    } else if (std::abs(verdict.deviation) > std::abs(interval.deviation)) {
        interval.value = verdict.value;
        interval.baseline = verdict.baseline;
        interval.deviation = verdict.deviation;
    }
}

bool extend(const CompiledLeaf& leaf, LeafState& state, const Verdict& verdict, WallTime end) {
    if (state.intervals.empty()) return false;
    Interval& last = state.intervals.back();
    if (!state.open && verdict.start > last.end) return false;
    last.end = std::max(last.end, std::min(end, latest_end(leaf, last.start)));
    keep_facts(leaf.predicate->kind, last, verdict);
    return true;
}

// Makes room: the two intervals with the shortest pause between them count as one from now on.
void melt_closest(LeafState& state) {
    auto closest = state.intervals.begin();
    for (auto item = closest; std::next(item) != state.intervals.end(); ++item) {
        if (std::next(item)->start - item->end < std::next(closest)->start - closest->end) {
            closest = item;
        }
    }
    const auto after = std::next(closest);
    closest->end = std::max(closest->end, after->end);
    if (std::abs(after->deviation) > std::abs(closest->deviation)) {
        closest->value = after->value;
        closest->baseline = after->baseline;
        closest->deviation = after->deviation;
    }
    state.intervals.erase(after);
    ++state.melted;
}

bool apply(const CompiledLeaf& leaf, LeafState& state, const Verdict& verdict, WallTime at) {
    // Too little to judge for no longer than a window neither ends an interval nor extends it.
    const bool short_doubt = verdict.truth == Truth::unknown && state.open &&
                             at - state.last_at <= leaf.predicate->window;
    if (short_doubt) return false;
    state.last_at = at;
    state.reaches_back = verdict.truth == Truth::yes || verdict.truth == Truth::pending;
    if (verdict.truth != Truth::yes) {
        state.open = false;
        return false;
    }
    const WallTime end = later_by(at, leaf.predicate->hold);
    if (!extend(leaf, state, verdict, end)) {
        if (state.intervals.size() == kIntervalsMax) melt_closest(state);
        state.intervals.push_back({verdict.start, std::min(end, latest_end(leaf, verdict.start)),
                                   verdict.value, verdict.baseline, verdict.deviation,
                                   verdict.code});
    }
    state.open = true;
    return true;
}

float statistic_of(Statistic statistic, const MetricSummary& metric) {
    switch (statistic) {
        case Statistic::mean:
            return metric.mean;
        case Statistic::min:
            return metric.min;
        case Statistic::max:
            return metric.max;
        case Statistic::last:
            return metric.last;
    }
    return metric.mean;
}

// Damaged bytes must not become an endless loop or an overflow later.
bool fits(const CompiledLeaf& leaf, const LeafState& state) {
    const bool grounded = state.last_at != kNever && !state.intervals.empty();
    if (state.open && !grounded) return false;
    if (const auto* faults = std::get_if<FaultCountState>(&state.memory)) {
        return faults->times.size() <= leaf.predicate->count;
    }
    if (const auto* threshold = std::get_if<ThresholdState>(&state.memory)) {
        return threshold->points.size() <= kThresholdPointsMax;
    }
    const std::int64_t furthest = kFurthestMs / leaf.predicate->window.count() * kWindowBuckets;
    const std::int64_t newest = std::get<DriftState>(state.memory).newest;
    return newest == kNoBucket || (newest > -furthest && newest < furthest);
}

/// What is left of a memory that was told late of a new part.
struct Remains {
    WallTime true_from = kForEver;  ///< the samples since then make it true from here on
    WallTime sound_from{};          ///< intervals that began earlier rest on the old part
};

struct Forget {
    const Predicate& predicate;
    WallTime last_at;
    WallTime at;

    Remains operator()(FaultCountState& kind) const {
        forget_before(kind, at);
        const bool complete = predicate.count == 1 || kind.times.size() == predicate.count;
        return {complete ? last_at : kForEver, at};
    }
    Remains operator()(ThresholdState& kind) const {
        forget_before(predicate, kind, at);
        if (kind.beyond_since == kNever) return {kForEver, at};
        return {later_by(kind.beyond_since, predicate.duration), at};
    }
    /// Judged with the old part's readings in window or baseline, it says nothing of the new one.
    Remains operator()(DriftState& kind) const {
        const bool late = last_at != kNever && last_at >= at;
        forget_before(predicate, kind, at);
        return {kForEver, late ? later_by(at, predicate.window + predicate.baseline) : at};
    }
};

}  // namespace

WallTime latest_end(const CompiledLeaf& leaf, WallTime start) {
    const milliseconds span = leaf.predicate->counts_for;
    return span > milliseconds{0} ? later_by(start, span) : kForEver;
}

LeafState begin_leaf(const CompiledLeaf& leaf) {
    LeafState state;
    if (leaf.predicate->kind == PredicateKind::threshold) state.memory = ThresholdState{};
    if (leaf.predicate->kind == PredicateKind::drift) state.memory = DriftState{};
    return state;
}

bool observe(const CompiledLeaf& leaf, LeafState& state, const Fault& fault, WallTime at) {
    auto* memory = std::get_if<FaultCountState>(&state.memory);
    if (!memory) return false;
    const Verdict verdict = judge(*leaf.predicate, *memory, fault, at);
    if (verdict.truth == Truth::unknown) return false;
    const bool changed = apply(leaf, state, verdict, at);
    // A code is a moment: between two of them only `hold` keeps it true.
    state.open = false;
    state.reaches_back = false;
    return changed;
}

bool observe(const CompiledLeaf& leaf, LeafState& state, const MetricSummary& metric, WallTime at) {
    const float value = leaf.predicate->kind == PredicateKind::threshold
                            ? statistic_of(leaf.predicate->statistic, metric)
                            : metric.mean;
    if (!std::isfinite(value)) return false;
    if (auto* threshold = std::get_if<ThresholdState>(&state.memory)) {
        return apply(leaf, state, judge(*leaf.predicate, *threshold, value, at), at);
    }
    if (auto* drift = std::get_if<DriftState>(&state.memory)) {
        return apply(leaf, state, judge(*leaf.predicate, *drift, state.open, value, at), at);
    }
    return false;
}

WallTime settled_until(const LeafState& state, WallTime lane_at) {
    return state.reaches_back ? state.last_at : lane_at;
}

void forget_before(const CompiledLeaf& leaf, LeafState& state, WallTime at) {
    const Remains remains = std::visit(Forget{*leaf.predicate, state.last_at, at}, state.memory);
    if (!state.intervals.empty()) {
        Interval& newest = state.intervals.back();
        const WallTime last_true = newest.end - leaf.predicate->hold;
        const bool goes_on = remains.true_from >= at && remains.true_from <= last_true;
        if (newest.start < at && goes_on) newest.start = remains.true_from;
    }
    std::erase_if(state.intervals,
                  [&](const Interval& item) { return item.start < remains.sound_from; });
    if (state.intervals.empty()) {
        state.open = false;
        state.reaches_back = false;
    }
}

void drop_ended(LeafState& state, WallTime settled) {
    if (state.intervals.empty() || state.intervals.front().end >= settled) return;
    // What still goes on stays known, even when it no longer counts: else it would begin anew.
    const WallTime going_on = state.open ? state.intervals.back().start : kForEver;
    std::erase_if(state.intervals, [&](const Interval& item) {
        return item.end < settled && item.start < going_on;
    });
}

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
    struct Visitor {
        const StoredTimes& times;
        ByteWriter& bytes;
        void operator()(const FaultCountState& kind) const { encode(kind, times, bytes); }
        void operator()(const ThresholdState& kind) const { encode(kind, times, bytes); }
        void operator()(const DriftState& kind) const { encode(kind, bytes); }
    };
    std::visit(Visitor{times, bytes}, state.memory);
}

bool decode(const CompiledLeaf& leaf, ByteReader& bytes, const StoredTimes& times,
            LeafState& state) {
    const unsigned flags = bytes.get<std::uint8_t>();
    state.open = (flags & kOpen) != 0;
    state.reaches_back = (flags & kReachesBack) != 0;
    state.last_at = times.get(bytes);
    const unsigned count = (flags & kIntervals) != 0 ? bytes.get<std::uint8_t>() : 0;
    if (count > kIntervalsMax) return false;
    state.intervals.reserve(count);
    for (unsigned i = 0; i < count && bytes.ok(); ++i) {
        Interval& interval = state.intervals.emplace_back();
        interval.start = times.get(bytes);
        interval.end = times.get(bytes);
        for (float* value : {&interval.value, &interval.baseline, &interval.deviation}) {
            *value = bytes.get_real();
        }
        interval.code = static_cast<std::uint32_t>(bytes.get_varint());
    }
    if ((flags & kRemembers) != 0) {
        struct Visitor {
            const StoredTimes& times;
            ByteReader& bytes;
            void operator()(FaultCountState& kind) const { decode(bytes, times, kind); }
            void operator()(ThresholdState& kind) const { decode(bytes, times, kind); }
            void operator()(DriftState& kind) const { decode(bytes, kind); }
        };
        std::visit(Visitor{times, bytes}, state.memory);
    }
    return bytes.ok() && fits(leaf, state);
}

}  // namespace aftercare::collector
