// Opaque page cursors: the key of the last row shown, so that a page stays right while rows are
// added. Private to collector/io/sqlite.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "collector/io/sqlite/rows.hpp"
#include "collector/ports/queries.hpp"
#include "common/result.hpp"

namespace aftercare::collector::sqlite {

/// Where the next page begins after: a number (time or device number) and an id to break ties.
struct Cursor {
    char list = 't';  ///< which list it belongs to
    std::int64_t number = 0;
    std::string id;
};

/// Lower-case hex of "t<number>|<id>".
std::string encode_cursor(const Cursor& cursor);
/// Where the page begins that `text` asks for; empty: at `first`.
/// Errors: invalid, for text that no page of this list gave out, and for a limit of 0.
Result<Cursor> start_of(std::string_view text, std::size_t limit, Cursor first);

/// What a statement of a page of `limit` asks for: one more than is shown tells that another
/// page follows.
inline std::size_t rows_of_page(std::size_t limit) {
    return std::min(limit, kPageMax) + 1;
}
/// Pre: `select` is bound, its LIMIT to `rows_of_page`.
template <class Item, class Read, class CursorOf>
Page<Item> read_page(SQLite::Statement& select, std::size_t limit, Read read, CursorOf cursor_of) {
    Page<Item> page;
    while (select.executeStep()) {
        if (page.items.size() + 1 == rows_of_page(limit)) {
            page.next_cursor = encode_cursor(cursor_of(page.items.back()));
            break;
        }
        Row row(select);
        page.items.push_back(read(row));
    }
    return page;
}

}  // namespace aftercare::collector::sqlite
