// TelemetrySettings as they travel in a Config, read on the device. Beside wire_messages so that an
// appliance without the telemetry kit does not carry it.
#pragma once

#include <cstddef>
#include <span>

#include "common/telemetry_settings.hpp"

namespace aftercare::agent {

/// Why the settings cannot be used; none when `settings` holds them. Unknown fields are ignored.
ConfigRefusal decode_telemetry_settings(std::span<const std::byte> bytes,
                                        TelemetrySettings& settings);

}  // namespace aftercare::agent
