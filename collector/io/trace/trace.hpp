// A recorded fleet: devices.csv, readings.csv, faults.csv, outcomes.csv and, for scoring only,
// failures.csv (docs/simulator.md has the columns).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collector/core/learn/history.hpp"
#include "collector/core/learn/score.hpp"
#include "collector/core/model/catalogue.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

struct Trace {
    History history;  ///< `name` is the folder
    std::vector<TrueFailure> failures;
    std::uint64_t error_count = 0;    ///< rows left out
    std::vector<std::string> errors;  ///< the first few, "file:line: what"
};

/// Reads the folder; files other than devices.csv may be missing. A bad row is left out and
/// counted. Errors: not_found (no devices.csv), invalid (a missing column, no device at all).
Result<Trace> read_trace(const std::string& folder);

/// Names of metrics, codes and components in a catalogue of the history's own.
Catalogue catalogue_of(const History& history);

}  // namespace aftercare::collector
