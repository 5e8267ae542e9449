#include "collector/core/detect/leaf.hpp"

#include <algorithm>
#include <cmath>

namespace aftercare::collector {
namespace {

// The strongest moment of an interval is what a technician wants to see; codes add up.
void keep_facts(PredicateKind kind, Interval& interval, const Verdict& verdict) {
    if (kind == PredicateKind::fault_count || kind == PredicateKind::fault_sequence) {
        interval.value += 1;
        interval.baseline = verdict.baseline;
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
    Remains operator()(CohortState& kind) const {
        const bool late = last_at != kNever && last_at >= at;
        forget_before(predicate, kind.window, at);
        return {kForEver, late ? later_by(at, predicate.window) : at};
    }
    Remains operator()(FaultSequenceState& kind) const {
        forget_before(kind, at);
        return {kind.pair_to == kNever ? kForEver : kind.pair_to, at};
    }
    Remains operator()(CusumState& kind) const {
        forget_before(kind, at);
        return {kForEver, kind.fresh() ? kForEver : at};
    }
    Remains operator()(AgeState& kind) const {
        const bool younger = kind.born() < at;
        forget_before(kind, at);
        return {kForEver, younger ? kForEver : kNever};
    }
    Remains operator()(UseState& kind) const {
        const bool younger = kind.replaced_at < at;
        forget_before(kind, at);
        return {kForEver, younger ? kForEver : kNever};
    }
    Remains operator()(SilenceState&) const { return {kForEver, at}; }
};

LeafMemory memory_for(const Predicate& predicate) {
    switch (predicate.kind) {
        case PredicateKind::threshold:
            return ThresholdState{};
        case PredicateKind::drift:
            return DriftState{};
        case PredicateKind::fault_sequence:
            return FaultSequenceState{};
        case PredicateKind::cusum:
            return CusumState{};
        case PredicateKind::cohort:
            return CohortState{};
        case PredicateKind::life:
            if (predicate.metric.empty()) return AgeState{};
            return UseState{};
        case PredicateKind::silence:
            return SilenceState{};
        case PredicateKind::fault_count:
        case PredicateKind::all:
        case PredicateKind::any:
        case PredicateKind::none_of:
            break;
    }
    return FaultCountState{};
}

/// Where a code stands among the names of its predicate.
float label_index(const CompiledLeaf& leaf, std::uint32_t code) {
    const auto found = std::find_if(leaf.labels.begin(), leaf.labels.end(),
                                    [&](const auto& label) { return label.first == code; });
    return static_cast<float>(found - leaf.labels.begin());
}

}  // namespace

WallTime latest_end(const CompiledLeaf& leaf, WallTime start) {
    const milliseconds span = leaf.predicate->counts_for;
    return span > milliseconds{0} ? later_by(start, span) : kForEver;
}

LeafState begin_leaf(const CompiledLeaf& leaf) {
    LeafState state;
    state.memory = memory_for(*leaf.predicate);
    return state;
}

void restart(const CompiledLeaf& leaf, LeafState& state) {
    LeafState fresh = begin_leaf(leaf);
    if (const auto* use = std::get_if<UseState>(&state.memory)) {
        fresh.memory = UseState{.replaced_at = use->replaced_at,
                                .waits_for_base = use->waits_for_base,
                                .base = use->base,
                                .last_total = use->last_total};
    } else if (const auto* cohort = std::get_if<CohortState>(&state.memory)) {
        fresh.memory = CohortState{.firmware = cohort->firmware, .window = {}};
    } else if (state.of_no_lane()) {
        return;
    }
    state = std::move(fresh);
}

bool observe(const CompiledLeaf& leaf, LeafState& state, const Fault& fault, WallTime at) {
    Verdict verdict;
    if (auto* count = std::get_if<FaultCountState>(&state.memory)) {
        verdict = judge(*leaf.predicate, *count, fault, at);
    } else if (auto* sequence = std::get_if<FaultSequenceState>(&state.memory)) {
        const float first = label_index(leaf, sequence->first_code);
        verdict = judge(*leaf.predicate, *sequence, leaf.role_of(fault.code), fault, at);
        verdict.baseline = first;
    }
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
    if (auto* cusum = std::get_if<CusumState>(&state.memory)) {
        return apply(leaf, state, judge(*leaf.predicate, *cusum, state.open, value, at), at);
    }
    if (auto* cohort = std::get_if<CohortState>(&state.memory)) {
        const Verdict verdict =
            judge(*leaf.predicate, leaf.choices, *cohort, state.open, value, at);
        return apply(leaf, state, verdict, at);
    }
    return false;
}

bool observe(const CompiledLeaf& leaf, LeafState& state, const CounterValue& counter, WallTime at) {
    auto* use = std::get_if<UseState>(&state.memory);
    if (!use) return false;
    const Verdict verdict = judge(leaf.age_limit, *use, counter.value, at);
    // Use never shrinks: once beyond the limit it is so for ever.
    if (verdict.truth != Truth::yes || !state.intervals.empty()) return false;
    state.last_at = at;
    state.intervals.push_back({.start = verdict.start,
                               .end = kForEver,
                               .value = verdict.value,
                               .baseline = verdict.baseline});
    return true;
}

bool take_installation(LeafState& state, WallTime at) {
    auto* age = std::get_if<AgeState>(&state.memory);
    if (!age || age->installed == at) return false;
    const WallTime before = age->born();
    age->installed = at;
    if (age->born() != before) state.intervals.clear();
    return age->born() != before;
}

bool pass_age(const CompiledLeaf& leaf, LeafState& state, WallTime reached) {
    const auto* age = std::get_if<AgeState>(&state.memory);
    if (!age || age->born() == kNever || !state.intervals.empty()) return false;
    const auto limit = milliseconds{
        static_cast<std::int64_t>(std::min(leaf.age_limit, static_cast<double>(kFurthestMs)))};
    const WallTime start = later_by(age->born(), limit);
    if (reached < start) return false;
    state.last_at = start;
    state.intervals.push_back({.start = start,
                               .end = kForEver,
                               .value = static_cast<float>(leaf.age_limit),
                               .baseline = static_cast<float>(leaf.age_limit)});
    return true;
}

bool fall_silent(const CompiledLeaf& leaf, LeafState& state, WallTime last_event) {
    const WallTime start = later_by(last_event, leaf.predicate->duration);
    const bool told = !state.intervals.empty() && start <= state.intervals.back().end;
    if (state.open || told) return false;
    state.last_at = start;
    state.open = true;
    if (state.intervals.size() == kIntervalsMax) melt_closest(state);
    state.intervals.push_back({.start = start, .end = start});
    return true;
}

void speak(LeafState& state) {
    if (std::holds_alternative<SilenceState>(state.memory)) state.open = false;
}

WallTime settled_until(const LeafState& state, WallTime lane_at) {
    if (const auto* use = std::get_if<UseState>(&state.memory)) {
        // A total to come may lie so far beyond the limit that it was crossed just after the last.
        return use->last_at == kNever ? lane_at : std::min(use->last_at, lane_at);
    }
    if (state.of_no_lane()) return kForEver;
    return state.reaches_back ? state.last_at : lane_at;
}

void forget_before(const CompiledLeaf& leaf, LeafState& state, WallTime at) {
    const Remains remains = std::visit(Forget{*leaf.predicate, state.last_at, at}, state.memory);
    if (!state.intervals.empty()) {
        Interval& newest = state.intervals.back();
        const WallTime last_true = newest.end - leaf.predicate->hold;
        const bool goes_on = remains.true_from != kForEver && remains.true_from >= at &&
                             remains.true_from <= last_true;
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

}  // namespace aftercare::collector
