// The JSON that evidence is written in: few members, in a fixed order, numbers as short as they
// are meant.
#pragma once

#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace aftercare::collector {

// Four significant digits: more would pretend, fewer would hide.
inline std::string number(double value) {
    if (!std::isfinite(value)) return "0";
    char buffer[32];
    const auto [end, error] =
        std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 4);
    AFTERCARE_ASSERT(error == std::errc{});
    return {buffer, end};
}

inline std::string quoted(std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += "\\u00";
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        } else {
            out += c;
        }
    }
    return out + '"';
}

/// Members of one JSON object, in the order added.
class JsonObject {
  public:
    JsonObject& raw(std::string_view key, std::string_view value) {
        text_ += text_.empty() ? "{" : ",";
        text_ += quoted(key);
        text_ += ':';
        text_ += value;
        return *this;
    }
    JsonObject& text(std::string_view key, std::string_view value) {
        return raw(key, quoted(value));
    }
    JsonObject& real(std::string_view key, double value) { return raw(key, number(value)); }
    [[nodiscard]] std::string done() const { return text_ + "}"; }

  private:
    std::string text_;
};

}  // namespace aftercare::collector
