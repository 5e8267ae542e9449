// Maps by name, found by view without allocation.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace aftercare::collector {

struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
        return std::hash<std::string_view>{}(text);
    }
};
template <class Value>
using ByName = std::unordered_map<std::string, Value, NameHash, std::equal_to<>>;

}  // namespace aftercare::collector
