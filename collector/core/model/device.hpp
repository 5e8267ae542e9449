// A device as the maker registered it and as its telemetry shows it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "collector/core/model/ticket.hpp"
#include "common/telemetry.hpp"

namespace aftercare::collector {

/// Where a device stands with the remote settings of its model, as of the last report that changed
/// any of it.
struct DeviceSettings {
    std::uint32_t applied_version = 0;
    std::uint32_t wanted_version = 0;   ///< the catalogue's
    std::uint32_t refused_version = 0;  ///< 0 = none
    ConfigRefusal refusal = ConfigRefusal::none;
};

std::string_view to_string(ConfigRefusal refusal);
std::optional<ConfigRefusal> parse_config_refusal(std::string_view text);

/// Whether a device is connected to the broker, as it or its last will said, and since when this
/// collector knows.
struct DevicePresence {
    bool online = false;
    WallTime since{};
};

struct DeviceInfo {
    DeviceNo no = 0;
    std::string tenant;
    std::string device_id;
    std::string model;
    std::string firmware;  ///< as last reported
    std::string serial;
    std::string customer_id;  ///< pseudonymous
    std::string region;
    std::string language;
    std::string segment;
    std::string centre;  ///< serves this device; empty = unroutable, shown as such
    std::optional<WallTime> installed_at;
    std::optional<WallTime> warranty_until;
    std::optional<WallTime> first_seen_at;
    std::optional<WallTime> last_seen_at;
    std::uint32_t consent_purposes = kAllPurposes;
    std::uint32_t consent_epoch = 0;
    std::optional<DeviceSettings> settings;  ///< only of queries; none = never offered any
    std::optional<DevicePresence> presence;  ///< only of queries; none = never heard of
};

WarrantyState warranty_at(std::optional<WallTime> warranty_until, WallTime at);

}  // namespace aftercare::collector
