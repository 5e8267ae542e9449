// Reads a listing page by page, so that memory stays flat however long it is.
#pragma once

#include <algorithm>
#include <limits>

#include "collector/ports/queries.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

inline constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

/// Calls `visit` with up to `limit` items of the pages that `ask(filter)` gives. True in the
/// answer: there are more.  Errors: those of `ask`.
template <class Filter, class Ask, class Visit>
Result<bool> each_item(Filter filter, std::size_t limit, Ask ask, Visit visit) {
    while (limit > 0) {
        filter.limit = std::min(limit, kPageMax);
        const auto page = ask(filter);
        if (!page) return fail(page.error());
        for (const auto& item : page->items) visit(item);
        if (page->next_cursor.empty()) return false;
        limit -= page->items.size();
        filter.cursor = page->next_cursor;
    }
    return true;
}

}  // namespace aftercare::collector
