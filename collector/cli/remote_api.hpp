// One request after the other to the API of a running collector.
#pragma once

#include <memory>
#include <string>

#include "collector/io/text/json.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

class RemoteApi {
  public:
    struct Answer {
        long status = 0;
        std::string body;
        /// What went wrong, as RFC 9457 says it.
        [[nodiscard]] std::string detail() const;
    };

    /// `token_file` holds an API token and a newline.  Errors: not_found, invalid (an empty file;
    /// no http:// or https:// address), unavailable.
    static Result<std::unique_ptr<RemoteApi>> open(const std::string& url,
                                                   const std::string& token_file);
    ~RemoteApi();

    /// `path` begins with a slash. Errors: unavailable (nobody answers, or too much).
    Result<Answer> get(const std::string& path);
    /// `body`: JSON.
    Result<Answer> post(const std::string& path, const std::string& body);
    /// The object that an answer holds.  Errors: corrupt.
    [[nodiscard]] Result<Json> object_of(const Answer& answer) const;
    [[nodiscard]] const std::string& url() const;

  private:
    RemoteApi();
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace aftercare::collector
