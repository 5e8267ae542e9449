// One device's whole life as it was recorded, in order of event time: what a back-test replays, one
// device in memory at a time, whether it came from a database or from a fleet in columns.
#pragma once

#include <vector>

#include "collector/core/learn/fleet.hpp"
#include "common/telemetry.hpp"

namespace aftercare::collector {

struct TimedRecord {
    WallTime at{};  ///< event time
    Record record;
};

struct DeviceHistory {
    HistoryDevice device;
    WallTime begin{};                      ///< watched from here …
    WallTime end{};                        ///< … to here, its last sign of life
    WallTime history_end{};                ///< of all devices; >= end
    std::vector<HistoryOutcome> outcomes;  ///< by time; of this device, whatever their index says
    std::vector<TimedRecord> records;      ///< by time; ids as in the catalogue
};

/// One device of a fleet, with ids of its model in the catalogue; names that the model has not are
/// left out.
DeviceHistory device_history(const Fleet& fleet, const FleetDevice& device, const ModelInfo& model);

/// Many devices as one history in columns. Names are sorted, and only those that occur.
class HistoryBuilder {
  public:
    /// Lifetime: the catalogue must outlive the builder.
    HistoryBuilder(std::string name, const Catalogue& catalogue);

    /// Readings keep the mean of each metric; faults, their state. A model that the catalogue has
    /// not brings its outcomes only, for its ids have no names.
    void add(const DeviceHistory& history);
    History finish();

  private:
    void add_record(const ModelInfo& model, const TimedRecord& one, std::uint32_t device);
    void drop_unused_metrics();

    const Catalogue& catalogue_;
    History history_;
    std::vector<bool> metric_used_;
    std::vector<std::string> all_codes_;
};

}  // namespace aftercare::collector
