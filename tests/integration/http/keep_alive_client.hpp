// One HTTP connection that is kept, for tests that ask a great deal: what a desk's program holds
// open all day. Thread: one.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace aftercare::test {

class KeepAliveClient {
  public:
    explicit KeepAliveClient(std::uint16_t port) : port_(port) {}
    ~KeepAliveClient();
    KeepAliveClient(const KeepAliveClient&) = delete;
    KeepAliveClient& operator=(const KeepAliveClient&) = delete;

    struct Answer {
        int status = 0;                              ///< 0 = no connection
        std::map<std::string, std::string> headers;  ///< names in lower case
        std::string body;
    };
    /// Connects when there is no connection.
    Answer ask(const std::string& method, const std::string& target, const std::string& token,
               const std::string& body = {}, const std::string& more_headers = {});

  private:
    bool connect();
    bool send_all(const std::string& text) const;
    /// Reads until `buffer_` holds `size` bytes.
    bool fill(std::size_t size);
    void close();

    const std::uint16_t port_;
    int socket_ = -1;
    std::string buffer_;
};

}  // namespace aftercare::test
