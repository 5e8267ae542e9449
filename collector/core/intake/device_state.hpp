// The stored form of a device's state: version byte, little-endian, bounded. Layout in the .cpp.
#pragma once

#include <string>
#include <string_view>

#include "collector/core/intake/device_entry.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

inline constexpr std::uint8_t kDeviceStateVersion = 2;

/// Pre: `device` is awake.
void encode_device_state(const DeviceEntry& device, const Detector& detector, std::string& bytes);
enum class StateRead : std::uint8_t {
    whole,
    other_version,  ///< written by another program: what it holds begins afresh
};
/// Fills `device`, whose info and stream marks are set already (any order of streams) and whose
/// work is fresh but for its detection state, which is written over. Errors: corrupt, naming the
/// device and what does not fit.
Result<StateRead> decode_device_state(std::string_view bytes, const Detector& detector,
                                      DeviceEntry& device);

}  // namespace aftercare::collector
