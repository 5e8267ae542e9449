// A fleet as one row per device and UTC day: the last reading of each metric that day, where it
// stands among devices of the same model that day, and when the device failed next. What ranking
// learns from and is judged on. Rows of a device follow each other by day.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "collector/core/learn/fleet.hpp"

namespace aftercare::collector {

inline constexpr std::int32_t kNoDay = std::numeric_limits<std::int32_t>::max();

/// Days since 1970-01-01 UTC.
std::int32_t day_of(WallTime at);

struct DayRow {
    std::uint32_t device = 0;  ///< index into Fleet::devices
    std::int32_t day = 0;
};

struct DeviceDays {
    std::uint32_t first_row = 0;
    std::uint32_t row_count = 0;
    std::uint32_t model = 0;  ///< index into DayTable::models
    std::uint32_t maker = 0;  ///< index into DayTable::makers
    std::int32_t installed_day = kNoDay;
    std::vector<std::int32_t> failure_days;  ///< ascending; of any component
};

struct DayTable {
    std::vector<std::string> metrics, codes, models, makers;
    std::vector<DeviceDays> devices;  ///< as in the fleet
    std::vector<DayRow> rows;
    std::vector<float> values;       ///< rows × metrics; NaN = no reading that day
    std::vector<float> percentiles;  ///< rows × metrics, 0…1 among its model that day; NaN likewise
    std::vector<std::vector<FleetFault>> faults;  ///< by device, by time
    std::int32_t first_day = 0, last_day = 0;

    [[nodiscard]] float value(std::size_t row, std::size_t metric) const {
        return values[row * metrics.size() + metric];
    }
    [[nodiscard]] float percentile(std::size_t row, std::size_t metric) const {
        return percentiles[row * metrics.size() + metric];
    }
    /// First failure after `day`; kNoDay when none.
    [[nodiscard]] std::int32_t next_failure(std::uint32_t device, std::int32_t day) const;
};

/// What of a row's next `horizon` days was seen by the end of day `known_until`.
struct Outlook {
    std::int32_t exposure_days = 0;  ///< 0: nothing can be said, or the device failed that very day
    bool failed = false;             ///< within these days
};
Outlook outlook(const DayTable& table, const DayRow& row, std::int32_t horizon_days,
                std::int32_t known_until);

/// The maker of a model is what stands before its first space, dash or digit.  Cost: memory of 8
/// bytes per row and metric.
DayTable tabulate(const Fleet& fleet);

}  // namespace aftercare::collector
