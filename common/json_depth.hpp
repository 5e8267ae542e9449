// How deep a JSON text nests, before anything parses it: JSON libraries copy and free what is
// nested by recursion, so a text of brackets alone would end the stack.
#pragma once

#include <string_view>

namespace aftercare {

/// Whether more than `levels` arrays and objects stand in each other. Text that is no JSON may be
/// judged either way.
constexpr bool nests_deeper_than(int levels, std::string_view text) {
    int depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted && c == '\\') {
            ++i;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == '[' || c == '{')) {
            if (++depth > levels) return true;
        } else if (!quoted && (c == ']' || c == '}')) {
            --depth;
        }
    }
    return false;
}

}  // namespace aftercare
