// A small language for histories: devices, readings, faults and outcomes in hours, and a made-up
// kind of machine whose failures are announced as in published predictive-maintenance samples: a
// metric moves two days ahead, a code comes one day ahead, and both also come without a failure.
#pragma once

#include <string>
#include <vector>

#include "collector/core/learn/history.hpp"

namespace aftercare::collector::test {

inline WallTime hour(double hours) {
    return wall_from_unix_ms(1'750'000'000'000 / 86'400'000 * 86'400'000) + hours_ms(hours);
}

class HistoryMaker {
  public:
    explicit HistoryMaker(std::vector<std::string> metrics = {}) {
        history.metrics = std::move(metrics);
    }
    std::uint32_t device(const std::string& id, const std::string& model = "M");
    HistoryMaker& reading(std::uint32_t device, double hours, const std::vector<float>& values);
    HistoryMaker& fault(std::uint32_t device, double hours, const std::string& code);
    HistoryMaker& outcome(std::uint32_t device, double hours, const std::string& component,
                          OutcomeCode code = OutcomeCode::failure_repaired);
    /// Sorted as a history is.
    History made();

    History history;
};

struct MachineFleet {
    std::uint32_t devices = 10;
    double days = 90;
    bool with_readings = true;
    double outcomes_lost = 0;  ///< share
    /// Names the devices: two fleets of one name have devices of one id.
    std::string name = "m";
};

/// Three components c1…c3, metrics v1…v3 (hourly), codes e1…e3, one of each per component: c3
/// pushes its metric down, the others up, by 1.2 to 2 standard deviations. A component fails every
/// 60 days; its code comes without reason every 40 days, its drift every 50.
History made_machines(const MachineFleet& fleet, std::uint64_t seed);

}  // namespace aftercare::collector::test
