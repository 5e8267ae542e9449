// When the records of a stored report happened, and of which class they are. Private to
// collector/io/sqlite.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "collector/core/commit.hpp"
#include "common/report.hpp"

namespace aftercare::collector::sqlite {

/// Event time of each of the applied records, in order. The report's `t0` places the first; within
/// its boot uptimes do the rest. A later boot is placed by the header's own moment (its clock when
/// synced, else the arrival) when it is the header's boot, and else at the record before. Never
/// decreases.
std::vector<WallTime> record_times(const RawReport& raw, const ReportHeader& header,
                                   std::span<const Record> applied);

/// What decides how long a record is kept. Self-tests go with lifecycle events. None for a kind of
/// a later version: it is kept.
std::optional<RecordClass> class_of(const Record& record);

}  // namespace aftercare::collector::sqlite
