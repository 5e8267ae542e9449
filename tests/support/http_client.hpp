// A blocking HTTP client for tests: what curl on the command line would do.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/result.hpp"

namespace aftercare::test {

struct HttpRequest {
    std::string method = "GET";
    std::string url;
    std::string body;
    std::string token;  ///< sent as "Authorization: Bearer …" unless empty
    std::vector<std::pair<std::string, std::string>> headers;
    std::chrono::milliseconds timeout{10'000};
};

struct HttpReply {
    long status = 0;
    std::string body;
    std::map<std::string, std::string> headers;  ///< names in lower case
};

/// One request on a connection of its own. Any status is a reply.
/// Errors: unavailable (no connection, time-out), with curl's words.
Result<HttpReply> http(const HttpRequest& request);

}  // namespace aftercare::test
