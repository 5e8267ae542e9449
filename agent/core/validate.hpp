// Bounds that a record must keep before it takes a seq: the collector quarantines a whole report
// for one value beyond them (docs/wire-format.md), so the device refuses it first.
#pragma once

#include <bit>

#include "common/bounds.hpp"
#include "common/telemetry.hpp"

namespace aftercare::agent {

/// By the bits: without an FPU each comparison would be a call.
inline bool finite(float value) {
    constexpr std::uint32_t kExponent = 0x7F800000;
    return (std::bit_cast<std::uint32_t>(value) & kExponent) != kExponent;
}

template <std::size_t kMax>
bool all_finite(const BoundedList<MetricValue, kMax>& values) {
    for (const MetricValue& v : values) {
        if (!finite(v.value)) return false;
    }
    return true;
}

inline bool valid(const Fault& fault) {
    return fault.state != FaultState::unspecified && fault.occurrences > 0 &&
           all_finite(fault.snapshot);
}
inline bool valid(const Reading& reading) {
    for (const MetricSummary& m : reading.metrics) {
        const bool all = finite(m.mean) && finite(m.min) && finite(m.max) && finite(m.last) &&
                         finite(m.deviation);
        if (!all || m.n == 0 || m.min > m.max || m.deviation < 0) return false;
    }
    return reading.metrics.count > 0;
}
inline bool valid(const Usage&) {
    return true;
}
inline bool valid(const Lifecycle& event) {
    return event.kind != LifecycleKind::unspecified && plain_text(event.firmware) &&
           (event.clock_quality == ClockQuality::unknown || sane_wall(event.wall_unix_ms));
}
inline bool valid(const SelfTest& test) {
    return test.result != TestResult::unspecified && all_finite(test.measured);
}

}  // namespace aftercare::agent
