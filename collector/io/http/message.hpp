// A request and its response as plain values: what the routes see. Sockets are not in it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aftercare::collector {

inline constexpr std::size_t kBodyBytesMax = 1024 * 1024;
inline constexpr std::size_t kHeaderBytesMax = 16 * 1024;

struct Request {
    std::string method;                                       ///< "GET", "POST" …
    std::string target;                                       ///< path and query, as sent
    std::map<std::string, std::string, std::less<>> headers;  ///< names in lower case
    std::string body;
    std::string peer{};  ///< address of the sender

    [[nodiscard]] std::string_view header(std::string_view name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string_view{} : found->second;
    }
};

/// A body that goes on. Asked for more once what it told before is written, and a moment passed.
class ResponseStream {
  public:
    struct Chunk {
        std::string text;
        bool last = false;
    };
    virtual ~ResponseStream() = default;
    virtual Chunk next() = 0;
};

struct Response {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::shared_ptr<ResponseStream> stream{};  ///< instead of `body`
};

/// Called once, from any thread.
using Reply = std::function<void(Response)>;
using Handler = std::function<void(Request, Reply)>;

}  // namespace aftercare::collector
