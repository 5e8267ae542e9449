// What the store does besides commits, and when: merging telemetry into chunks, and taking out what
// is older than it shall be kept.
#pragma once

#include <array>

#include "common/telemetry.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

struct MergeOptions {
    /// A pass begins at so many raw reports, and at so many per stream …
    std::uint64_t reports_min = 20'000;
    std::uint64_t reports_per_stream_min = 8;
    /// … or when the oldest arrived so long ago.
    milliseconds age_max = hours_ms(24);
};

/// How long records of each class are kept, by event time; 0 = for ever. Records go when they are a
/// sixteenth of that (at least a day) older, so that a chunk is rewritten a few times only. Devices
/// with an open ticket lose nothing; fault rows, tickets and outcomes are no telemetry and stay.
struct RetentionOptions {
    std::array<milliseconds, kRecordClassCount> keep{};
};

}  // namespace aftercare::collector
