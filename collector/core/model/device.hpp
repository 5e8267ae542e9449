// A device as the maker registered it and as its telemetry shows it.
#pragma once

#include <optional>
#include <string>

#include "collector/core/model/ticket.hpp"
#include "common/telemetry.hpp"

namespace aftercare::collector {

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
};

WarrantyState warranty_at(std::optional<WallTime> warranty_until, WallTime at);

}  // namespace aftercare::collector
