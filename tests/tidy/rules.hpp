// The house rules that a machine can check, as pure functions of a path and a text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aftercare::tidy {

struct Finding {
    std::string path;
    std::size_t line = 0;  ///< 0 = the file as a whole
    std::string what;
};

/// Every rule that applies to `path` (relative to the source tree).
std::vector<Finding> check(std::string_view path, std::string_view text);

}  // namespace aftercare::tidy
