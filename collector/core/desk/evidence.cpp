#include "collector/core/desk/evidence.hpp"

#include <vector>

namespace aftercare::collector {
namespace {

// Top-level elements of a JSON array.
std::vector<std::string_view> elements(std::string_view array) {
    std::vector<std::string_view> found;
    int depth = 0;
    bool in_text = false;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < array.size(); ++i) {
        const char c = array[i];
        if (in_text) {
            if (c == '\\') {
                ++i;
            } else if (c == '"') {
                in_text = false;
            }
            continue;
        }
        if (c == '"') in_text = true;
        if ((c == '{' || c == '[') && ++depth == 2) begin = i;
        if ((c == '}' || c == ']') && depth-- == 2) {
            found.push_back(array.substr(begin, i + 1 - begin));
        }
    }
    return found;
}

}  // namespace

std::string append_evidence(std::string_view array, std::string_view object,
                            std::size_t count_max) {
    std::vector<std::string_view> kept = elements(array);
    if (!object.empty() && object.size() <= kEvidenceBytesMax) {
        if (kept.size() == count_max) kept.erase(kept.begin() + 1);
        kept.push_back(object);
    }
    std::string joined = "[";
    for (const std::string_view element : kept) {
        if (joined.size() > 1) joined += ',';
        joined += element;
    }
    return joined += ']';
}

std::string append_all_evidence(std::string array, std::string_view more) {
    for (const std::string_view object : elements(more)) array = append_evidence(array, object);
    return array;
}

std::string_view first_evidence(std::string_view array) {
    const auto all = elements(array);
    return all.empty() ? std::string_view{} : all.front();
}

}  // namespace aftercare::collector
