#include "agent/io/daemon.hpp"

#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "agent/io/feed.hpp"
#include "agent/io/feed_control.hpp"
#include "agent/io/line_server.hpp"

namespace aftercare::agent {
namespace {

void print(LogLevel level, std::string_view message) {
    const char* names[] = {"debug", "info", "warning", "error"};
    std::fprintf(stderr, "aftercare-agent: %s: %.*s\n", names[static_cast<int>(level)],
                 static_cast<int>(message.size()), message.data());
}

int connect_unix(const std::string& path, int type) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return -1;
    std::memcpy(address.sun_path, path.data(), path.size());
    // systemd names sockets in the abstract space with a leading @.
    if (path.starts_with('@')) address.sun_path[0] = '\0';
    const int file = ::socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    if (::connect(file, reinterpret_cast<const sockaddr*>(&address), size) == 0) return file;
    ::close(file);
    return -1;
}

// The service manager's side of the daemon, silent where there is none.
// Source: sd_notify(3), the protocol section.
class ServiceManager {
  public:
    ServiceManager() {
        if (const char* path = std::getenv("NOTIFY_SOCKET")) file_ = connect_unix(path, SOCK_DGRAM);
        if (const char* usec = std::getenv("WATCHDOG_USEC")) {
            half_watchdog_ms_ = std::strtoull(usec, nullptr, 10) / 2000;
        }
    }
    ~ServiceManager() {
        if (file_ >= 0) ::close(file_);
    }
    ServiceManager(const ServiceManager&) = delete;
    ServiceManager& operator=(const ServiceManager&) = delete;

    void tell(std::string_view what) const {
        // Nobody is harmed when the service manager does not listen.
        if (file_ >= 0) static_cast<void>(::send(file_, what.data(), what.size(), MSG_NOSIGNAL));
    }
    void tick(std::uint64_t now_ms) {
        if (half_watchdog_ms_ == 0 || now_ms < next_ms_) return;
        tell("WATCHDOG=1");
        next_ms_ = now_ms + half_watchdog_ms_;
    }
    [[nodiscard]] std::uint64_t next_ms() const {
        return half_watchdog_ms_ == 0 ? UINT64_MAX : next_ms_;
    }

  private:
    int file_ = -1;
    std::uint64_t half_watchdog_ms_ = 0;
    std::uint64_t next_ms_ = 0;
};

int stop_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    // Before any thread of Paho's exists, so that all inherit the mask.
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int wait_ms(std::uint64_t now_ms, std::uint64_t next_ms) {
    if (next_ms <= now_ms) return 0;
    return static_cast<int>(std::min<std::uint64_t>(next_ms - now_ms, 60'000));
}

}  // namespace

Status run_daemon(DaemonConfig& config, const DaemonOptions& options) {
    const int signals = stop_signals();
    config.host.log = print;
    LineServer* server = nullptr;
    FeedControl control{[&](std::string line) {
        if (server != nullptr) server->broadcast(std::move(line));
    }};
    config.host.handler = control.handler();
    auto host = Host::open(config.host);
    if (!host) return fail(host.error());
    Feed feed{(*host)->agent(), config.telemetry};
    const auto status = [&] {
        LinkStatus link = (*host)->link_status();
        link.feed_lost_count = server->lost_count();
        return status_json((*host)->agent(), link, (*host)->uptime_ms());
    };
    LineServer lines{[&](std::string_view line) -> LineServer::Reply {
                         auto reply = control.line(line, (*host)->agent(), status);
                         if (reply) return {std::move(reply->line), reply->subscribe};
                         return {feed.line(line), {}};
                     },
                     kFeedLineBytesMax};
    server = &lines;
    if (options.feed_stdin) lines.use_stdin();
    if (!config.socket.empty()) {
        if (auto listening = lines.listen(config.socket); !listening) return listening;
    }
    ServiceManager manager;
    manager.tell("READY=1");
    std::vector<pollfd> set;
    while (!lines.stdin_ended()) {
        std::uint64_t now_ms = SystemClock::monotonic_ms();
        (*host)->step();
        manager.tick(now_ms);
        set.assign({{signals, POLLIN, 0}});
        (*host)->add_to(set);
        lines.add_to(set);
        now_ms = SystemClock::monotonic_ms();
        const std::uint64_t next_ms = std::min((*host)->next_poll_ms(), manager.next_ms());
        if (::poll(set.data(), set.size(), wait_ms(now_ms, next_ms)) < 0 && errno != EINTR) break;
        if ((set[0].revents & POLLIN) != 0) break;
        lines.serve(set);
    }
    manager.tell("STOPPING=1");
    (*host)->stop(options.linger);
    const State state = (*host)->agent().state();
    const std::uint32_t held = state.lanes[0].held_count + state.lanes[1].held_count;
    if (held > 0)
        print(LogLevel::info,
              std::to_string(held) + " records stay in the spool for the next start");
    ::close(signals);
    return {};
}

Result<std::string> ask_status(const std::filesystem::path& socket) {
    const int file = connect_unix(socket.string(), SOCK_STREAM);
    if (file < 0) {
        return fail(Errc::unavailable,
                    "socket " + socket.string() +
                        ": no agent listens there; is it running with this config?");
    }
    constexpr std::string_view kQuestion = "{\"kind\":\"status\"}\n";
    std::string answer;
    if (::send(file, kQuestion.data(), kQuestion.size(), MSG_NOSIGNAL) > 0) {
        char buffer[4096];
        for (ssize_t n = 1; n > 0 && answer.find('\n') == std::string::npos;) {
            n = ::read(file, buffer, sizeof buffer);
            if (n > 0) answer.append(buffer, static_cast<std::size_t>(n));
        }
    }
    ::close(file);
    if (answer.find('\n') == std::string::npos) {
        return fail(Errc::unavailable, "socket " + socket.string() + ": the agent did not answer");
    }
    answer.pop_back();
    return answer;
}

}  // namespace aftercare::agent
