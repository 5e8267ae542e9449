// Values as TOML writes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace aftercare::collector {

/// A basic string with its escapes.
std::string toml_quoted(std::string_view text);
/// Shortest form that reads back to the same double, always a float: "1.0".
std::string toml_number(double value);

}  // namespace aftercare::collector
