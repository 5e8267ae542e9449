// Opaque page cursors: the key of the last row shown, so that a page stays right while rows are
// added. Private to collector/io/sqlite.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace aftercare::collector::sqlite {

/// Where the next page begins after: a number (time or device number) and an id to break ties.
struct Cursor {
    char list = 't';  ///< which list it belongs to: 't'ickets or 'd'evices
    std::int64_t number = 0;
    std::string id;
};

/// Lower-case hex of "t<number>|<id>".
std::string encode_cursor(const Cursor& cursor);
/// Errors: invalid, for text that no page of `list` gave out.
Result<Cursor> decode_cursor(std::string_view text, char list);

}  // namespace aftercare::collector::sqlite
