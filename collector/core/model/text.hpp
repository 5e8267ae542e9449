// One table per enum: its names in order, for printing and parsing alike.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "common/result.hpp"

namespace aftercare::collector {

/// Pre: `value` is one of the enum's members; `names` lists them in declaration order.
template <class Enum, std::size_t kCount>
constexpr std::string_view name_in(const std::array<std::string_view, kCount>& names, Enum value) {
    const auto index = static_cast<std::size_t>(value);
    AFTERCARE_ASSERT(index < kCount);
    return names[index];
}

template <class Enum, std::size_t kCount>
constexpr std::optional<Enum> member_in(const std::array<std::string_view, kCount>& names,
                                        std::string_view text) {
    for (std::size_t i = 0; i < kCount; ++i) {
        if (names[i] == text) return static_cast<Enum>(i);
    }
    return std::nullopt;
}

}  // namespace aftercare::collector
