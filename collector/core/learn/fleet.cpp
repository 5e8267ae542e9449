#include "collector/core/learn/fleet.hpp"

#include <algorithm>
#include <limits>

#include "common/sorted.hpp"

namespace aftercare::collector {
namespace {

std::uint32_t index_of(const std::vector<std::string>& names, const std::string& name) {
    return static_cast<std::uint32_t>(place_in(names, name));
}

void collect_names(Fleet& fleet) {
    for (const History& history : fleet.histories) {
        fleet.codes.insert(fleet.codes.end(), history.fault_codes.begin(),
                           history.fault_codes.end());
        fleet.metrics.insert(fleet.metrics.end(), history.metrics.begin(), history.metrics.end());
        fleet.components.insert(fleet.components.end(), history.components.begin(),
                                history.components.end());
    }
    sort_unique(fleet.codes);
    sort_unique(fleet.metrics);
    sort_unique(fleet.components);
    for (const History& history : fleet.histories) {
        std::vector<std::int32_t> columns;
        for (const std::string& metric : fleet.metrics) {
            const auto found = std::find(history.metrics.begin(), history.metrics.end(), metric);
            columns.push_back(found == history.metrics.end()
                                  ? -1
                                  : static_cast<std::int32_t>(found - history.metrics.begin()));
        }
        fleet.columns.push_back(std::move(columns));
    }
}

void add_faults(const Fleet& fleet, const History& history, std::vector<FleetDevice>& devices) {
    for (const HistoryFault& fault : history.faults) {
        if (fault.state == FaultState::cleared) continue;
        devices[fault.device].faults.push_back(
            {fault.at, index_of(fleet.codes, history.fault_codes[fault.code])});
    }
}

void add_repairs(const Fleet& fleet, const History& history, std::vector<FleetDevice>& devices) {
    for (const HistoryOutcome& outcome : history.outcomes) {
        if (outcome.component.empty()) continue;
        const WallTime failed_at = std::min(outcome.failed_at.value_or(outcome.at), outcome.at);
        devices[outcome.device].repairs.push_back(
            {.at = failed_at,
             .component = index_of(fleet.components, outcome.component),
             .end = life_end(outcome.code),
             .done_at = outcome.at,
             .code = outcome.code});
    }
    for (FleetDevice& device : devices) {
        std::stable_sort(device.repairs.begin(), device.repairs.end(),
                         [](const auto& a, const auto& b) { return a.at < b.at; });
    }
}

void add_readings(const History& history, std::vector<FleetDevice>& devices) {
    std::size_t first = 0;
    const std::span<const HistoryReading> all(history.readings);
    while (first < all.size()) {
        std::size_t last = first;
        while (last < all.size() && all[last].device == all[first].device) ++last;
        devices[all[first].device].readings = all.subspan(first, last - first);
        first = last;
    }
}

/// A device that sends readings was there while it sent; one that only tells faults is taken to
/// have been there all the time.
void bound(WallTime begin, WallTime end, FleetDevice& device) {
    device.begin = begin;
    device.end = end;
    if (device.readings.empty()) return;
    device.begin = device.readings.front().at;
    device.end = device.readings.back().at;
    if (!device.faults.empty()) {
        device.begin = std::min(device.begin, device.faults.front().at);
        device.end = std::max(device.end, device.faults.back().at);
    }
    if (!device.repairs.empty()) device.end = std::max(device.end, device.repairs.back().at);
}

}  // namespace

LifeEnd life_end(OutcomeCode code) {
    switch (code) {
        case OutcomeCode::failure_repaired:
        case OutcomeCode::unit_replaced:
        case OutcomeCode::unrepairable:
        case OutcomeCode::confirmed_fixed:
        case OutcomeCode::other_fault_fixed:
        case OutcomeCode::fixed_remotely:
        case OutcomeCode::self_resolved:
            return LifeEnd::failed;
        case OutcomeCode::preventive_replacement:
            return LifeEnd::renewed;
        case OutcomeCode::no_fault_found:
        case OutcomeCode::customer_declined:
            return LifeEnd::untouched;
    }
    return LifeEnd::untouched;
}

float Fleet::value(const FleetDevice& device, const HistoryReading& reading,
                   std::uint32_t metric) const {
    const std::int32_t column = columns[device.history][metric];
    if (column < 0) return std::numeric_limits<float>::quiet_NaN();
    const History& history = histories[device.history];
    return history.values[std::size_t{reading.row} * history.metrics.size() +
                          static_cast<std::size_t>(column)];
}

Fleet assemble(std::span<const History> histories) {
    Fleet fleet;
    fleet.histories = histories;
    collect_names(fleet);
    for (std::uint32_t h = 0; h < histories.size(); ++h) {
        std::vector<FleetDevice> devices(histories[h].devices.size());
        add_faults(fleet, histories[h], devices);
        add_repairs(fleet, histories[h], devices);
        add_readings(histories[h], devices);
        const WallTime begin = histories[h].telemetry_begin().value_or(WallTime{});
        const WallTime end = histories[h].end();
        for (std::uint32_t d = 0; d < devices.size(); ++d) {
            devices[d].history = h;
            devices[d].device = d;
            devices[d].history_end = end;
            bound(begin, end, devices[d]);
            if (devices[d].begin < devices[d].end) fleet.devices.push_back(std::move(devices[d]));
        }
    }
    return fleet;
}

Fleet subset(const Fleet& fleet, const std::vector<bool>& keep) {
    Fleet part = fleet;
    part.devices.clear();
    for (std::size_t i = 0; i < fleet.devices.size(); ++i) {
        if (keep[i]) part.devices.push_back(fleet.devices[i]);
    }
    return part;
}

}  // namespace aftercare::collector
