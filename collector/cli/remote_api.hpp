// One request after the other to the API of a running collector.
#pragma once

#include <memory>
#include <string>

#include "common/result.hpp"

namespace aftercare::collector {

/// An API token, without the newline at its end. Errors: not_found, invalid (empty).
Result<std::string> read_token_file(const std::string& path);

class RemoteApi {
  public:
    struct Answer {
        long status = 0;
        std::string body;
        /// What went wrong, as RFC 9457 says it.
        [[nodiscard]] std::string detail() const;
    };

    /// Errors: invalid (no http:// or https:// address), unavailable.
    static Result<std::unique_ptr<RemoteApi>> open(const std::string& url,
                                                   const std::string& token);
    ~RemoteApi();

    /// `path` begins with a slash. Errors: unavailable (nobody answers, or too much).
    Result<Answer> get(const std::string& path);
    /// `body`: JSON.
    Result<Answer> post(const std::string& path, const std::string& body);
    [[nodiscard]] const std::string& url() const;

  private:
    RemoteApi();
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace aftercare::collector
