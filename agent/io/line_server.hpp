// Lines from stdin and from a unix socket's clients, inside a poll(2) loop. Bounded everywhere:
// clients, bytes of a line, bytes of unread answers (a client that does not read is not read from),
// broadcasts that wait (the oldest is lost and counted).
#pragma once

#include <poll.h>

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace aftercare::agent {

class LineServer {
  public:
    static constexpr std::size_t kClientsMax = 16;
    static constexpr std::size_t kUnreadBytesMax = 64 * 1024;

    /// Requests that wait for one subscriber, or for the first one to come.
    static constexpr std::size_t kBroadcastsMax = 16;

    struct Reply {
        std::string line;
        std::optional<bool> subscribe;  ///< whether the client gets what is broadcast from now on
    };
    /// Gives the answer to a line; both without line feed.
    using Handler = std::function<Reply(std::string_view)>;

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
    /// A line for each subscriber.  A slow one loses its oldest; while there is none, as many are
    /// kept for the first to come.
    void broadcast(std::string line);
    [[nodiscard]] std::uint32_t lost_count() const { return lost_; }
    /// True once stdin was served and has ended.
    [[nodiscard]] bool stdin_ended() const { return stdin_ended_; }

  private:
    struct Client {
        int in = -1;
        int out = -1;
        std::string line;
        std::string unread;
        std::deque<std::string> broadcasts{};  // behind what is unread
        bool subscribed = false;
        bool overlong = false;
        bool ended = false;
    };
    void accept_client();
    void read_from(Client& client);
    void take_lines(Client& client);
    void answer(Client& client, std::string_view text);
    void queue(std::deque<std::string>& lines, std::string line);
    static void write_to(Client& client);
    void close_ended();

    Handler handler_;
    std::size_t line_bytes_max_;
    int listener_ = -1;
    std::filesystem::path path_;
    std::vector<Client> clients_;
    std::deque<std::string> unclaimed_;  // broadcasts that found no subscriber
    std::uint32_t lost_ = 0;
    bool stdin_ended_ = false;
};

}  // namespace aftercare::agent
