// The state of one simple predicate on one device: its kind's memory and the intervals it yielded.
#pragma once

#include <variant>

#include "collector/core/detect/cohort.hpp"
#include "collector/core/detect/compiled.hpp"
#include "collector/core/detect/cusum.hpp"
#include "collector/core/detect/drift.hpp"
#include "collector/core/detect/fault_count.hpp"
#include "collector/core/detect/fault_sequence.hpp"
#include "collector/core/detect/interval.hpp"
#include "collector/core/detect/life.hpp"
#include "collector/core/detect/threshold.hpp"
#include "collector/core/detect/verdict.hpp"
#include "collector/core/intake/bytes.hpp"
#include "common/telemetry.hpp"

namespace aftercare::collector {

/// A silence is told by the device's lanes alone.
struct SilenceState {
    [[nodiscard]] static bool fresh() { return true; }
};

/// What each kind remembers; a count of one remembers nothing. Each kind has `fresh()`, `encode`
/// and `decode`: only what is not fresh is stored.
using LeafMemory = std::variant<FaultCountState, ThresholdState, DriftState, FaultSequenceState,
                                CusumState, CohortState, AgeState, UseState, SilenceState>;

struct LeafState {
    [[nodiscard]] bool fresh() const {
        return last_at == kNever && intervals.empty() &&
               std::visit([](const auto& kind) { return kind.fresh(); }, memory);
    }

    /// Told by time, not by records.
    [[nodiscard]] bool of_no_lane() const {
        return std::holds_alternative<AgeState>(memory) ||
               std::holds_alternative<SilenceState>(memory);
    }

    WallTime last_at = kNever;  ///< last sample that could be judged, or that ended doubt
    Intervals intervals;        ///< at most kIntervalsMax
    LeafMemory memory;
    bool open = false;  ///< the last sample kept it true: the next may bridge the time between
    bool reaches_back = false;  ///< what comes next may be true from `last_at` on
    std::uint32_t melted = 0;   ///< intervals melted together since it was last asked; not stored
};

LeafState begin_leaf(const CompiledLeaf& leaf);
/// Afresh but for what no record of its lane tells: birth, firmware, base of a counter.
void restart(const CompiledLeaf& leaf, LeafState& state);
/// True when its intervals changed. Pre: `at` is not before the last sample.
bool observe(const CompiledLeaf& leaf, LeafState& state, const Fault& fault, WallTime at);
bool observe(const CompiledLeaf& leaf, LeafState& state, const MetricSummary& metric, WallTime at);
bool observe(const CompiledLeaf& leaf, LeafState& state, const CounterValue& counter, WallTime at);
/// `life` by age: the device was installed then. True when the part is of another age with that.
bool take_installation(LeafState& state, WallTime at);
/// `life` by age: time went on to `reached`. True when its interval begins with that.
bool pass_age(const CompiledLeaf& leaf, LeafState& state, WallTime reached);
/// `silence`: nothing was heard for long enough after `last_event`. True when that is news.
bool fall_silent(const CompiledLeaf& leaf, LeafState& state, WallTime last_event);
/// `silence`: a record came.
void speak(LeafState& state);
/// Times before this are final for this leaf, given how far its lane has come.
WallTime settled_until(const LeafState& state, WallTime lane_at);
/// Until when an interval that began at `start` counts at most.
WallTime latest_end(const CompiledLeaf& leaf, WallTime start);
/// Drops what began before `at`.
void forget_before(const CompiledLeaf& leaf, LeafState& state, WallTime at);
/// Drops intervals that ended before `settled`.
void drop_ended(LeafState& state, WallTime settled);

void encode(const LeafState& state, const StoredTimes& times, ByteWriter& bytes);
/// Fills `state`, freshly begun. False when the bytes do not fit the leaf.
bool decode(const CompiledLeaf& leaf, ByteReader& bytes, const StoredTimes& times,
            LeafState& state);

}  // namespace aftercare::collector
