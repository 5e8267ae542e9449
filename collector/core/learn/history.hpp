// What a fleet lived through, as columns: what learning, back-testing and ranking read, whether it
// came from a folder of recorded CSV files or from a database. Compact, because real histories have
// many rows. Ground truth is no part of it: what failed is known from outcomes only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/core/model/ticket.hpp"
#include "common/telemetry.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

struct HistoryDevice {
    std::string id;
    std::string model;
    std::string firmware;
    std::string region;
    std::string customer_id;
    std::optional<WallTime> installed_at;
    std::optional<WallTime> warranty_until;
};

struct HistoryReading {
    WallTime at{};
    std::uint32_t device = 0;  ///< index into devices
    std::uint32_t row = 0;  ///< its values start at values[row · metric count]; NaN = no reading
};

struct HistoryFault {
    WallTime at{};
    std::uint32_t device = 0;
    std::uint32_t code = 0;  ///< index into fault_codes
    FaultState state{};
};

struct HistoryOutcome {
    WallTime at{};
    std::uint32_t device = 0;
    std::string component;
    OutcomeCode code{};
    std::optional<WallTime> failed_at;  ///< when known apart from `at`
    std::string failure_mode;           ///< empty when not told
};

struct History {
    std::string name;  ///< where it came from, for messages and the report of a fit
    std::vector<HistoryDevice> devices;
    std::vector<std::string> metrics;
    std::vector<std::string> fault_codes;  ///< sorted
    std::vector<std::string> components;   ///< of outcomes, sorted
    std::vector<HistoryReading> readings;  ///< by device, then time
    std::vector<float> values;
    std::vector<HistoryFault> faults;      ///< by device, then time
    std::vector<HistoryOutcome> outcomes;  ///< by time
    /// Somebody watched at least until then, whether or not there was anything to tell.
    WallTime watched_to = WallTime::min();

    /// Of the first reading or fault; nothing when there is none.
    [[nodiscard]] std::optional<WallTime> telemetry_begin() const;
    /// Of the last row of any kind, or watched_to; WallTime::min() when there is neither.
    [[nodiscard]] WallTime end() const;
};

}  // namespace aftercare::collector
