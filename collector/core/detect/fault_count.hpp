// `fault_count`: at least k of these codes within a window. Keeps the times of the last k (none for
// k = 1).
#pragma once

#include <vector>

#include "collector/core/detect/rule.hpp"
#include "collector/core/detect/stored_time.hpp"
#include "collector/core/detect/verdict.hpp"
#include "collector/core/intake/bytes.hpp"
#include "common/telemetry.hpp"

namespace aftercare::collector {

struct FaultCountState {
    std::vector<WallTime> times;  ///< oldest first, at most Predicate::count

    [[nodiscard]] bool fresh() const { return times.empty(); }
};

/// Pre: the predicate counts `fault.code`; `at` is not before the last call's. A cleared fault says
/// nothing (unknown).
Verdict judge(const Predicate& predicate, FaultCountState& state, const Fault& fault, WallTime at);
void forget_before(FaultCountState& state, WallTime at);
void encode(const FaultCountState& state, const StoredTimes& times, ByteWriter& bytes);
void decode(ByteReader& bytes, const StoredTimes& times, FaultCountState& state);

}  // namespace aftercare::collector
