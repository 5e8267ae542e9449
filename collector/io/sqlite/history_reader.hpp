// A database as history: each device's life in order of event time, from chunks, young reports,
// faults and outcomes. What a back-test replays and `rules fit` learns from.
#pragma once

#include <functional>
#include <string>

#include "collector/core/learn/device_history.hpp"
#include "collector/core/model/catalogue.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

/// Calls `visit` for each device by number, one in memory at a time; one moment of the database.
/// Faults are those of the table (they outlive raw telemetry); readings, usage and lifecycle come
/// from stored reports. A part that the appliance says was replaced, without an outcome about it
/// within two days, counts as a preventive replacement: why is not known. A replaced unit renews
/// all parts of its model in `catalogue`.
/// A visit that fails ends the reading with its error.
/// Errors: of SqliteQueries::open; corrupt, for a stored report that cannot be read.
Status read_device_histories(const std::string& path, const Catalogue& catalogue,
                             const std::function<Status(DeviceHistory&&)>& visit);

/// All of it in columns, named `path`. Memory: 4 bytes a value, 24 a reading.
Result<History> read_history(const std::string& path, const Catalogue& catalogue);

}  // namespace aftercare::collector
