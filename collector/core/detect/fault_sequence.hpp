// `fault_sequence`: one code and then another within a window. Keeps the newest of the first codes
// and the newest pair.
#pragma once

#include "collector/core/detect/rule.hpp"
#include "collector/core/detect/stored_time.hpp"
#include "collector/core/detect/verdict.hpp"
#include "collector/core/intake/bytes.hpp"
#include "common/telemetry.hpp"

namespace aftercare::collector {

struct FaultSequenceState {
    WallTime first_at = kNever;    ///< newest of the first codes …
    std::uint32_t first_code = 0;  ///< … and which it was
    WallTime pair_from = kNever;   ///< newest pair, from its first code …
    WallTime pair_to = kNever;     ///< … to its second

    [[nodiscard]] bool fresh() const { return first_at == kNever && pair_from == kNever; }
};

/// What the code is to the predicate; it may be both.
struct SequenceRole {
    bool first = false;
    bool second = false;
};

/// The second is looked at before the first: a code that is both waits for its next record, and a
/// folded storm counts as one. A cleared fault says nothing (unknown).
/// Pre: `at` is not before the last call's.
Verdict judge(const Predicate& predicate, FaultSequenceState& state, SequenceRole role,
              const Fault& fault, WallTime at);
void forget_before(FaultSequenceState& state, WallTime at);
void encode(const FaultSequenceState& state, const StoredTimes& times, ByteWriter& bytes);
void decode(ByteReader& bytes, const StoredTimes& times, FaultSequenceState& state);

}  // namespace aftercare::collector
