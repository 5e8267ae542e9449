// Several histories as one fleet: names matched by text, events by device. Histories may differ in
// what they contain; one without readings still tells which codes precede which failure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "collector/core/learn/history.hpp"

namespace aftercare::collector {

/// What an outcome says about a part's life.
enum class LifeEnd : std::uint8_t {
    failed,    ///< the part was broken, or was found to be breaking
    renewed,   ///< replaced while it still worked: how long it would have lasted is not known
    untouched  ///< looked at, and left
};
LifeEnd life_end(OutcomeCode code);

struct FleetFault {
    WallTime at{};
    std::uint32_t code = 0;  ///< index into Fleet::codes
};

struct FleetRepair {
    WallTime at{};                ///< of the failure where it is known, else of the work
    std::uint32_t component = 0;  ///< index into Fleet::components
    LifeEnd end{};
    WallTime done_at{};  ///< when the part worked again; >= at
    OutcomeCode code{};
};

struct FleetDevice {
    std::uint32_t history = 0;         ///< index into the histories given
    std::uint32_t device = 0;          ///< index into that history's devices
    WallTime begin{};                  ///< telemetry is there from here …
    WallTime end{};                    ///< … to here, its last sign of life
    WallTime history_end{};            ///< somebody watched until then
    std::vector<FleetFault> faults;    ///< raised and occurred, by time
    std::vector<FleetRepair> repairs;  ///< by time; before `begin` too
    std::span<const HistoryReading> readings;
};

struct Fleet {
    std::span<const History> histories;
    std::vector<std::string> codes, metrics, components;  ///< sorted
    std::vector<FleetDevice> devices;

    /// NaN when that reading has no such metric.
    [[nodiscard]] float value(const FleetDevice& device, const HistoryReading& reading,
                              std::uint32_t metric) const;
    /// Column of each metric in each history; -1 = not there.
    std::vector<std::vector<std::int32_t>> columns;
};

/// Lifetime: `histories` must outlive the fleet. Devices without telemetry are left out.
Fleet assemble(std::span<const History> histories);

/// The same fleet with some devices only; `keep` has one entry per device.
Fleet subset(const Fleet& fleet, const std::vector<bool>& keep);

}  // namespace aftercare::collector
