// Lists as people read them.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace aftercare {

/// "a, b, c". `word` gives the text of an item: a function, or a member of it.
template <class Range, class Word = std::identity>
std::string joined(const Range& items, std::string_view by = ", ", Word word = {}) {
    std::string text;
    for (const auto& item : items) {
        if (!text.empty()) text += by;
        text += std::invoke(word, item);
    }
    return text;
}

}  // namespace aftercare
