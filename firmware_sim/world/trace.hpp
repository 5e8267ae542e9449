// A recorded fleet: devices.csv, readings.csv, faults.csv, outcomes.csv and, for scoring only,
// failures.csv (docs/simulator.md has the columns). Compact, because real traces have many rows.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "collector/core/model/catalogue.hpp"
#include "collector/core/model/ticket.hpp"
#include "common/result.hpp"
#include "common/telemetry.hpp"
#include "common/time.hpp"
#include "firmware_sim/model/score.hpp"

namespace aftercare::sim {

struct TraceDevice {
    std::string id;
    std::string model;
    std::string firmware;
    std::string region;
    std::string customer_id;
    std::optional<WallTime> installed_at;
    std::optional<WallTime> warranty_until;
};

struct TraceReading {
    WallTime at{};
    std::uint32_t device = 0;  ///< index into devices
    std::uint32_t row = 0;  ///< its values start at values[row · metric count]; NaN = no reading
};

struct TraceFault {
    WallTime at{};
    std::uint32_t device = 0;
    std::uint32_t code = 0;  ///< index into fault_codes
    FaultState state{};
};

struct TraceOutcome {
    WallTime at{};
    std::uint32_t device = 0;
    std::string component;
    collector::OutcomeCode code{};
};

struct Trace {
    std::string folder;
    std::vector<TraceDevice> devices;
    std::vector<std::string> metrics;
    std::vector<std::string> fault_codes;  ///< sorted
    std::vector<std::string> components;   ///< of outcomes, sorted
    std::vector<TraceReading> readings;    ///< each list by device, then time
    std::vector<float> values;
    std::vector<TraceFault> faults;
    std::vector<TraceOutcome> outcomes;  ///< by time
    std::vector<ScoredFailure> failures;

    std::uint64_t error_count = 0;    ///< rows left out
    std::vector<std::string> errors;  ///< the first few, "file:line: what"

    /// Of the first reading or fault; nothing when there is none.
    [[nodiscard]] std::optional<WallTime> telemetry_begin() const;
    [[nodiscard]] WallTime end() const;
};

/// Reads the folder; files other than devices.csv may be missing. A bad row is left out and
/// counted. Errors: not_found (no devices.csv), invalid (a missing column, no device at all).
Result<Trace> read_trace(const std::string& folder);

/// Names of metrics, codes and components in a catalogue of the trace's own.
collector::Catalogue catalogue_of(const Trace& trace);

}  // namespace aftercare::sim
