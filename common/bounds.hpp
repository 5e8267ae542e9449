// Bounds of what a report may say, kept by the device before it makes a record and by the collector
// before it takes one (docs/wire-format.md). One definition, so that a device never makes what
// would be quarantined.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace aftercare {

inline constexpr std::int64_t kWallUnixMsMax = 7'258'118'400'000;  ///< the year 2200
inline constexpr std::size_t kVersionTextBytesMax = 32;

constexpr bool sane_wall(std::int64_t unix_ms) {
    return unix_ms >= 0 && unix_ms <= kWallUnixMsMax;
}

/// A model or firmware version: at most 32 bytes, no control characters.
constexpr bool plain_text(std::string_view text) {
    if (text.size() > kVersionTextBytesMax) return false;
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
    }
    return true;
}

}  // namespace aftercare
