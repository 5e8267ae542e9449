#include "agent/io/line_server.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace aftercare::agent {
namespace {

bool address_of(const std::filesystem::path& path, sockaddr_un& address) {
    address.sun_family = AF_UNIX;
    const std::string text = path.string();
    if (text.size() >= sizeof address.sun_path) return false;
    std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
    return true;
}

bool somebody_listens(const sockaddr_un& address) {
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool answered =
        ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(probe);
    return answered;
}

}  // namespace

LineServer::~LineServer() {
    for (Client& client : clients_) {
        if (client.in > 2) ::close(client.in);
    }
    if (listener_ >= 0) {
        ::close(listener_);
        ::unlink(path_.c_str());
    }
}

void LineServer::use_stdin() {
    clients_.push_back({STDIN_FILENO, STDOUT_FILENO, {}, {}});
}

Status LineServer::listen(const std::filesystem::path& path) {
    sockaddr_un address{};
    const auto failed = [&](Errc code, const std::string& what) {
        return fail(code, "socket " + path.string() + ": " + what);
    };
    if (!address_of(path, address))
        return failed(Errc::invalid, "the path is longer than 107 bytes");
    if (somebody_listens(address)) {
        return failed(Errc::conflict,
                      "another process listens there; give each agent its own socket");
    }
    ::unlink(path.c_str());
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::chmod(path.c_str(), 0660) != 0 || ::listen(listener_, 8) != 0) {
        const std::string why = std::strerror(errno);
        ::close(listener_);
        listener_ = -1;
        return failed(Errc::unavailable, "cannot listen: " + why);
    }
    path_ = path;
    return {};
}

void LineServer::add_to(std::vector<pollfd>& set) const {
    if (listener_ >= 0 && clients_.size() < kClientsMax) set.push_back({listener_, POLLIN, 0});
    for (const Client& client : clients_) {
        if (client.unread.size() < kUnreadBytesMax) set.push_back({client.in, POLLIN, 0});
        if (!client.unread.empty() || !client.broadcasts.empty())
            set.push_back({client.out, POLLOUT, 0});
    }
}

void LineServer::accept_client() {
    const int file = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (file >= 0) clients_.push_back({file, file, {}, {}});
}

void LineServer::queue(std::deque<std::string>& lines, std::string line) {
    if (lines.size() >= kBroadcastsMax) {
        lines.pop_front();
        ++lost_;
    }
    lines.push_back(std::move(line));
}

void LineServer::broadcast(std::string line) {
    bool claimed = false;
    for (Client& client : clients_) {
        if (!client.subscribed || client.ended) continue;
        queue(client.broadcasts, line);
        claimed = true;
    }
    if (!claimed) queue(unclaimed_, std::move(line));
}

void LineServer::answer(Client& client, std::string_view text) {
    Reply reply = handler_(text);
    client.unread += std::move(reply.line) + "\n";
    if (!reply.subscribe) return;
    client.subscribed = *reply.subscribe;
    if (!client.subscribed) {
        client.broadcasts.clear();
    } else if (!unclaimed_.empty()) {
        client.broadcasts = std::exchange(unclaimed_, {});
    }
}

void LineServer::take_lines(Client& client) {
    std::size_t begin = 0;
    for (std::size_t end; (end = client.line.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
        const std::string_view text = std::string_view{client.line}.substr(begin, end - begin);
        const bool rest_of_overlong = std::exchange(client.overlong, false);
        if (text.find_first_not_of(" \t\r") == std::string_view::npos && !rest_of_overlong)
            continue;
        if (!rest_of_overlong) answer(client, text);
    }
    client.line.erase(0, begin);
    if (client.line.size() > line_bytes_max_) {
        // Answered once, then its rest is skipped up to the next line feed.
        if (!client.overlong) answer(client, client.line);
        client.overlong = true;
        client.line.clear();
    }
}

void LineServer::read_from(Client& client) {
    char buffer[16 * 1024];
    const ssize_t n = ::read(client.in, buffer, sizeof buffer);
    if (n > 0) {
        client.line.append(buffer, static_cast<std::size_t>(n));
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        if (!client.line.empty()) client.line += '\n';  // a last line without its line feed
        client.ended = true;
    }
    take_lines(client);
}

void LineServer::write_to(Client& client) {
    for (;;) {
        if (client.unread.empty()) {
            if (client.broadcasts.empty()) return;
            client.unread = std::move(client.broadcasts.front()) + "\n";
            client.broadcasts.pop_front();
        }
        const ssize_t n = client.out == STDOUT_FILENO
                              ? ::write(client.out, client.unread.data(), client.unread.size())
                              : ::send(client.out, client.unread.data(), client.unread.size(),
                                       MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            client.unread.erase(0, static_cast<std::size_t>(n));
        } else if (errno != EINTR) {
            if (errno != EAGAIN) client.ended = true;
            if (errno != EAGAIN) client.unread.clear();
            return;
        }
    }
}

void LineServer::serve(const std::vector<pollfd>& set) {
    const auto ready = [&](int file, short events) {
        return std::any_of(set.begin(), set.end(), [&](const pollfd& p) {
            return p.fd == file && (p.revents & (events | POLLHUP | POLLERR)) != 0;
        });
    };
    for (Client& client : clients_) {
        if (client.unread.size() < kUnreadBytesMax && ready(client.in, POLLIN)) read_from(client);
        write_to(client);
    }
    if (listener_ >= 0 && ready(listener_, POLLIN)) accept_client();
    close_ended();
}

void LineServer::close_ended() {
    for (const Client& client : clients_) {
        if (!client.ended || !client.unread.empty()) continue;
        if (client.in == STDIN_FILENO) {
            stdin_ended_ = true;
        } else {
            ::close(client.in);
        }
    }
    std::erase_if(clients_, [](const Client& c) { return c.ended && c.unread.empty(); });
}

}  // namespace aftercare::agent
