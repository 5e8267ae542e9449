#include "collector/core/detect/leaf.hpp"

#include <bit>
#include <cmath>

#include "collector/core/detect/stored_time.hpp"

namespace aftercare::collector {
namespace {

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
    if (!state.intervals.written()) return false;
    Interval& last = state.intervals.edit().back();
    if (!state.open && verdict.start > last.end) return false;
    last.end = std::max(last.end, end);
    keep_facts(leaf.predicate->kind, last, verdict);
    return true;
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
        Intervals& intervals = state.intervals.edit();
        if (intervals.size() == kIntervalsMax) intervals.erase(intervals.begin());
        intervals.push_back(
            {verdict.start, end, verdict.value, verdict.baseline, verdict.deviation, verdict.code});
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
    const bool grounded = state.last_at != kNever && state.intervals.written();
    if (state.open && !grounded) return false;
    if (const auto* faults = std::get_if<Lazy<FaultCountState>>(&state.memory)) {
        return faults->get().times.size() <= leaf.predicate->count;
    }
    if (const auto* threshold = std::get_if<Lazy<ThresholdState>>(&state.memory)) {
        return threshold->get().points.size() <= kThresholdPointsMax;
    }
    const std::int64_t furthest = kFurthestMs / leaf.predicate->window.count() * kWindowBuckets;
    const std::int64_t newest = std::get<Lazy<DriftState>>(state.memory).get().newest;
    return newest == kNoBucket || (newest > -furthest && newest < furthest);
}

}  // namespace

LeafState begin_leaf(const CompiledLeaf& leaf) {
    LeafState state;
    if (leaf.predicate->kind == PredicateKind::threshold) state.memory = Lazy<ThresholdState>{};
    if (leaf.predicate->kind == PredicateKind::drift) state.memory = Lazy<DriftState>{};
    return state;
}

bool observe(const CompiledLeaf& leaf, LeafState& state, const Fault& fault, WallTime at) {
    auto* memory = std::get_if<Lazy<FaultCountState>>(&state.memory);
    if (!memory) return false;
    FaultCountState nothing;
    const bool remembers = leaf.predicate->count > 1;
    const Verdict verdict = judge(*leaf.predicate, remembers ? memory->edit() : nothing, fault, at);
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
    if (auto* threshold = std::get_if<Lazy<ThresholdState>>(&state.memory)) {
        return apply(leaf, state, judge(*leaf.predicate, threshold->edit(), value, at), at);
    }
    if (auto* drift = std::get_if<Lazy<DriftState>>(&state.memory)) {
        return apply(leaf, state, judge(*leaf.predicate, drift->edit(), state.open, value, at), at);
    }
    return false;
}

WallTime settled_until(const LeafState& state, WallTime lane_at) {
    return state.reaches_back ? state.last_at : lane_at;
}

void forget_before(const CompiledLeaf& leaf, LeafState& state, WallTime at) {
    if (auto* faults = std::get_if<Lazy<FaultCountState>>(&state.memory);
        faults && faults->written()) {
        forget_before(faults->edit(), at);
    }
    if (auto* limit = std::get_if<Lazy<ThresholdState>>(&state.memory); limit && limit->written()) {
        forget_before(limit->edit(), at);
    }
    if (auto* drift = std::get_if<Lazy<DriftState>>(&state.memory); drift && drift->written()) {
        forget_before(*leaf.predicate, drift->edit(), at);
    }
    if (state.intervals.written()) {
        std::erase_if(state.intervals.edit(),
                      [&](const Interval& item) { return item.start < at; });
        if (state.intervals.get().empty()) state.intervals.clear();
    }
    if (!state.intervals.written()) {
        state.open = false;
        state.reaches_back = false;
    }
}

void drop_ended(LeafState& state, WallTime settled) {
    if (!state.intervals.written() || state.intervals.get().front().end >= settled) return;
    std::erase_if(state.intervals.edit(), [&](const Interval& item) { return item.end < settled; });
    if (state.intervals.get().empty()) state.intervals.clear();
}

void encode(const LeafState& state, ByteWriter& bytes) {
    const bool remembers =
        std::visit([](const auto& memory) { return memory.written(); }, state.memory);
    bytes.put(static_cast<std::uint8_t>((state.open ? 1U : 0U) | (state.reaches_back ? 2U : 0U) |
                                        (remembers ? 4U : 0U)));
    bytes.put(unix_ms(state.last_at));
    bytes.put(static_cast<std::uint8_t>(state.intervals.get().size()));
    for (const Interval& interval : state.intervals.get()) {
        bytes.put(unix_ms(interval.start));
        bytes.put(unix_ms(interval.end));
        for (const float value : {interval.value, interval.baseline, interval.deviation}) {
            bytes.put(std::bit_cast<std::uint32_t>(value));
        }
        bytes.put(interval.code);
    }
    if (remembers)
        std::visit([&](const auto& memory) { encode(memory.get(), bytes); }, state.memory);
}

bool decode(const CompiledLeaf& leaf, ByteReader& bytes, LeafState& state) {
    state = begin_leaf(leaf);
    const auto flags = bytes.get<std::uint8_t>();
    state.open = (flags & 1U) != 0;
    state.reaches_back = (flags & 2U) != 0;
    state.last_at = get_time(bytes);
    const auto count = bytes.get<std::uint8_t>();
    if (count > kIntervalsMax) return false;
    for (std::size_t i = 0; i < count && bytes.ok(); ++i) {
        Interval interval;
        interval.start = get_time(bytes);
        interval.end = get_time(bytes);
        for (float* value : {&interval.value, &interval.baseline, &interval.deviation}) {
            *value = std::bit_cast<float>(bytes.get<std::uint32_t>());
        }
        interval.code = bytes.get<std::uint32_t>();
        state.intervals.edit().push_back(interval);
    }
    if ((flags & 4U) != 0) {
        std::visit([&](auto& memory) { decode(bytes, memory.edit()); }, state.memory);
    }
    return bytes.ok() && fits(leaf, state);
}

}  // namespace aftercare::collector
