// Files embedded in the program: the console and the API's contract. Made by collector/web.
#pragma once

#include <string_view>

#include "collector/io/http/message.hpp"

namespace aftercare::collector {

struct Asset {
    std::string_view path;  ///< as requested: "/", "/app.js"
    std::string_view content_type;
    std::string_view body;
    std::string_view etag;  ///< quoted, from the content
};

/// Null when there is none of that path.
const Asset* find_asset(std::string_view path);

/// 304 when the caller has it already. With headers that let the page load nothing from elsewhere.
Response serve(const Asset& asset, const Request& request);

}  // namespace aftercare::collector
