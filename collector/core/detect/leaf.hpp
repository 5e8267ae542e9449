// The state of one simple predicate on one device: its kind's memory and the intervals it yielded.
#pragma once

#include <variant>

#include "collector/core/detect/compiled.hpp"
#include "collector/core/detect/drift.hpp"
#include "collector/core/detect/fault_count.hpp"
#include "collector/core/detect/interval.hpp"
#include "collector/core/detect/threshold.hpp"
#include "collector/core/detect/verdict.hpp"
#include "collector/core/intake/bytes.hpp"
#include "common/telemetry.hpp"

namespace aftercare::collector {

/// What each kind remembers; a count of one remembers nothing. Each kind has `fresh()`, `encode`
/// and `decode`: only what is not fresh is stored.
using LeafMemory = std::variant<FaultCountState, ThresholdState, DriftState>;

struct LeafState {
    [[nodiscard]] bool fresh() const {
        return last_at == kNever && intervals.empty() &&
               std::visit([](const auto& kind) { return kind.fresh(); }, memory);
    }

    WallTime last_at = kNever;  ///< last sample that could be judged, or that ended doubt
    Intervals intervals;        ///< at most kIntervalsMax
    LeafMemory memory;
    bool open = false;  ///< the last sample kept it true: the next may bridge the time between
    bool reaches_back = false;  ///< what comes next may be true from `last_at` on
    std::uint32_t melted = 0;   ///< intervals melted together since it was last asked; not stored
};

LeafState begin_leaf(const CompiledLeaf& leaf);
/// True when its intervals changed. Pre: `at` is not before the last sample.
bool observe(const CompiledLeaf& leaf, LeafState& state, const Fault& fault, WallTime at);
bool observe(const CompiledLeaf& leaf, LeafState& state, const MetricSummary& metric, WallTime at);
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
