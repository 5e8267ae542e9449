// Raw telemetry read back: what a backtest replays, what `verify` recomputes from, and what a
// simulation holds against the records it made.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "collector/core/commit.hpp"
#include "common/result.hpp"
#include "common/telemetry.hpp"

namespace aftercare::collector {

/// A report as stored. Lifetime: of the call.
struct StoredReport {
    std::string_view tenant;
    std::string_view device_id;
    std::string_view model;
    const RawReport& raw;
};

/// One stored record. Lifetime: of the call.
struct StoredRecord {
    std::string_view tenant;
    std::string_view device_id;
    std::string_view model;
    const RawReport& raw;  ///< the report it came in: device number, stream, lane, received_at
    const Record& record;
};

/// Calls `visit` for each stored report by device number, stream, lane and seq; one moment of the
/// database. A visit that fails ends the reading with its error.
/// Errors: of SqliteQueries::open, and the visitor's.
Status read_reports(const std::string& path,
                    const std::function<Status(const StoredReport&)>& visit);

/// The same, record by record; only the records that were applied from a report (a resend may
/// repeat some). Errors: also corrupt, for a stored report that cannot be decoded.
Status read_raw(const std::string& path, const std::function<Status(const StoredRecord&)>& visit);

}  // namespace aftercare::collector
