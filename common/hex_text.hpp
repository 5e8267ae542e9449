// A 64-bit number as people and ids have it.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>

namespace aftercare {

/// 16 lower-case digits.  255 → "00000000000000ff".
inline std::string hex_text(std::uint64_t value) {
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(value));
    return text.data();
}

}  // namespace aftercare
