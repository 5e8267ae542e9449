// Lines from stdin and from a unix socket's clients, inside a poll(2) loop. Bounded everywhere:
// clients, bytes of a line, bytes of unread answers (a client that does not read is not read from).
#pragma once

#include <poll.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace aftercare::agent {

class LineServer {
  public:
    static constexpr std::size_t kClientsMax = 16;
    static constexpr std::size_t kUnreadBytesMax = 64 * 1024;

    /// Gives the answer to a line; both without line feed.
    using Handler = std::function<std::string(std::string_view)>;

    LineServer(Handler handler, std::size_t line_bytes_max)
        : handler_(std::move(handler)), line_bytes_max_(line_bytes_max) {}
    ~LineServer();
    LineServer(const LineServer&) = delete;
    LineServer& operator=(const LineServer&) = delete;

    /// Serves stdin, answering on stdout.
    void use_stdin();
    /// Listens; a socket left over by a dead process is replaced.
    /// Errors: conflict (a live process listens there), unavailable.
    Status listen(const std::filesystem::path& path);

    void add_to(std::vector<pollfd>& set) const;
    /// After poll(2): reads, answers, writes.
    void serve(const std::vector<pollfd>& set);
    /// True once stdin was served and has ended.
    [[nodiscard]] bool stdin_ended() const { return stdin_ended_; }

  private:
    struct Client {
        int in = -1;
        int out = -1;
        std::string line;
        std::string unread;
        bool overlong = false;
        bool ended = false;
    };
    void accept_client();
    void read_from(Client& client);
    void take_lines(Client& client);
    static void write_to(Client& client);
    void close_ended();

    Handler handler_;
    std::size_t line_bytes_max_;
    int listener_ = -1;
    std::filesystem::path path_;
    std::vector<Client> clients_;
    bool stdin_ended_ = false;
};

}  // namespace aftercare::agent
