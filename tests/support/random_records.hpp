// Seeded random telemetry within the bounds of common/telemetry.hpp, for codec and agent tests.
#pragma once

#include "common/report.hpp"
#include "common/rng.hpp"

namespace aftercare::test {

Fault random_fault(Rng& rng);
Reading random_reading(Rng& rng);
Usage random_usage(Rng& rng);
Lifecycle random_lifecycle(Rng& rng);
SelfTest random_self_test(Rng& rng);

/// A record of the lane made at `boot` + `uptime_ms`; seq 0.
Record random_record(Rng& rng, Lane lane, std::uint32_t boot, std::uint64_t uptime_ms);
/// A valid report of 1..`records_max` records whose seqs follow from first_seq and the gaps.
Report random_report(Rng& rng, std::size_t records_max);

bool same(const Record& a, const Record& b);
bool same(const ReportHeader& a, const ReportHeader& b);
bool same(const Report& a, const Report& b);

}  // namespace aftercare::test
