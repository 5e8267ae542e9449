// aftercare-agent in a folder of its own: its configuration, its runs, its feed.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "tests/support/broker.hpp"
#include "tests/support/process.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/support/wait_until.hpp"

#include <CppUTest/TestHarness.h>

namespace aftercare::test {

class DaemonFixture : public Utest {
  public:
    ScratchDir dir{"daemon"};
    int runs = 0;

    std::string config(const std::string& url, const std::string& more = {}) {
        const std::string path = (dir / "agent.toml").string();
        std::ofstream out{path};
        out << "[device]\ntenant = \"acme\"\nid = \"wm-0001\"\nmodel = \"WM-7\"\nfirmware = "
               "\"2.13.0\"\n"
            << "[spool]\npath = \"" << (dir / "spool").string() << "\"\nsize_kib = 64\n"
            << "[report]\nflush_delay = \"50ms\"\n"
            << "[link]\nbackoff_base = \"50ms\"\nbackoff_cap = \"400ms\"\nreconnect_spread = "
               "\"50ms\"\nboot_spread = \"50ms\"\n"
            << "[feed]\nsocket = \"" << (dir / "feed").string() << "\"\n"
            << "[broker]\nurl = \"" << url << "\"\n"
            << more;
        return path;
    }
    Process start(const std::string& path, bool feed_stdin = false) {
        std::vector<std::string> command{AFTERCARE_AGENT, "run", "--config", path};
        if (feed_stdin) command.emplace_back("--stdin");
        auto process = Process::start({.command = command,
                                       .log_dir = dir.path(),
                                       .name = "agent" + std::to_string(++runs),
                                       .stdin_pipe = feed_stdin});
        CHECK_TRUE(process.has_value());
        return std::move(*process);
    }
    Finished finish(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), AFTERCARE_AGENT);
        auto finished = test::run_program({.command = std::move(arguments),
                                           .log_dir = dir.path(),
                                           .name = "once" + std::to_string(++runs)},
                                          std::chrono::seconds{60});
        CHECK_TRUE(finished.has_value());
        return *finished;
    }
    Broker broker(BrokerOptions options = {}) {
        options.dir = dir.path();
        auto started = Broker::start(options);
        CHECK_TRUE_TEXT(started.has_value(), started ? "" : started.error().message.c_str());
        return std::move(*started);
    }
    // One line over the unix socket, one line back.
    std::string ask(const std::string& line) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, (dir / "feed").c_str(), sizeof address.sun_path - 1);
        const int file = ::socket(AF_UNIX, SOCK_STREAM, 0);
        const bool connected = wait_until(
            [&] {
                return ::connect(file, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
            },
            std::chrono::seconds{30});
        CHECK_TRUE(connected);
        const timeval patience{.tv_sec = 30, .tv_usec = 0};
        CHECK_TRUE(::setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
        CHECK_TRUE(::send(file, (line + "\n").data(), line.size() + 1, 0) > 0);
        std::string answer;
        char buffer[4096];
        while (answer.find('\n') == std::string::npos) {
            const ssize_t n = ::read(file, buffer, sizeof buffer);
            if (n <= 0) break;
            answer.append(buffer, static_cast<std::size_t>(n));
        }
        ::close(file);
        return answer;
    }
    static std::size_t count(const std::string& text, const std::string& what) {
        std::size_t n = 0;
        for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
        return n;
    }
};

}  // namespace aftercare::test
