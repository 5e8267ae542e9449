#include "collector/io/sqlite/cursor.hpp"

#include <charconv>
#include <optional>
#include "collector/ports/wrong_parameter.hpp"

namespace aftercare::collector::sqlite {

namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const std::size_t high = kDigits.find(text[i]);
        const std::size_t low = kDigits.find(text[i + 1]);
        if (high == kDigits.npos || low == kDigits.npos) return std::nullopt;
        bytes.push_back(static_cast<char>(high * 16 + low));
    }
    return bytes;
}

}  // namespace

std::string encode_cursor(const Cursor& cursor) {
    const std::string plain = cursor.list + std::to_string(cursor.number) + "|" + cursor.id;
    std::string text;
    for (const char c : plain) {
        const auto byte = static_cast<unsigned char>(c);
        text.push_back(kDigits[byte >> 4]);
        text.push_back(kDigits[byte & 15]);
    }
    return text;
}

Result<Cursor> start_of(std::string_view text, std::size_t limit, Cursor first) {
    if (limit == 0) {
        return wrong_parameter("limit", "allowed are 1 to " + std::to_string(kPageMax));
    }
    if (text.empty()) return first;
    const auto refuse = [] {
        return wrong_parameter("cursor",
                               "it was not given out by this list; take next_cursor of a "
                               "page as it is, or leave it out to start again");
    };
    const std::optional<std::string> plain = from_hex(text);
    if (!plain || plain->size() < 3 || plain->front() != first.list) return refuse();
    const std::size_t bar = plain->find('|');
    if (bar == std::string::npos) return refuse();
    Cursor cursor{.list = first.list, .number = 0, .id = plain->substr(bar + 1)};
    const char* end = plain->data() + bar;
    const auto parsed = std::from_chars(plain->data() + 1, end, cursor.number);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return refuse();
    return cursor;
}

}  // namespace aftercare::collector::sqlite
