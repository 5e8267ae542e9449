// One kept-alive HTTP connection to the collector's API: the only file that knows libcurl.
#pragma once

#include <memory>
#include <string>

#include "common/result.hpp"

namespace aftercare::sim {

struct HttpReply {
    long status = 0;
    std::string body;
};

class HttpSession {
  public:
    /// `base_url` like "http://127.0.0.1:8080"; `token` goes into every request as a bearer.
    HttpSession(std::string base_url, std::string token);
    ~HttpSession();
    HttpSession(const HttpSession&) = delete;
    HttpSession& operator=(const HttpSession&) = delete;

    /// `path` begins with a slash; a body is JSON. Any status is a reply.
    /// Errors: unavailable (nobody there, time-out of 10 s), with the reason in words.
    Result<HttpReply> get(const std::string& path);
    Result<HttpReply> post(const std::string& path, const std::string& body);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace aftercare::sim
