#include "collector/core/learn/survival/lives.hpp"

#include <algorithm>
#include <optional>

namespace aftercare::collector {
namespace {

void add_life(WallTime born, WallTime watched_from, WallTime end, bool failed,
              std::vector<PartLife>& lives) {
    const double exit_h = as_hours(end - born);
    const double entry_h = std::max(0.0, as_hours(watched_from - born));
    if (exit_h > entry_h) lives.push_back({entry_h, exit_h, failed});
}

void add_lives(const Fleet& fleet, const FleetDevice& device, std::uint32_t component,
               std::vector<PartLife>& lives) {
    std::optional<WallTime> born =
        fleet.histories[device.history].devices[device.device].installed_at;
    for (const FleetRepair& repair : device.repairs) {
        if (repair.component != component || repair.end == LifeEnd::untouched) continue;
        if (born && repair.at > device.begin) {
            add_life(*born, device.begin, repair.at, repair.end == LifeEnd::failed, lives);
        }
        born = repair.at;
    }
    if (born) add_life(*born, device.begin, device.end, false, lives);
}

}  // namespace

Result<std::vector<PartLife>> part_lives(const Fleet& fleet, const std::string& component) {
    const auto known =
        std::lower_bound(fleet.components.begin(), fleet.components.end(), component);
    if (known == fleet.components.end() || *known != component) {
        return fail(Errc::not_found, "no outcome names component '" + component + "'");
    }
    const auto number = static_cast<std::uint32_t>(known - fleet.components.begin());
    std::vector<PartLife> lives;
    for (const FleetDevice& device : fleet.devices) add_lives(fleet, device, number, lives);
    return lives;
}

}  // namespace aftercare::collector
