#include "tests/support/broker.hpp"

#include <pwd.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/free_port.hpp"
#include "tests/support/wait_until.hpp"

namespace aftercare::test {
namespace {

constexpr const char* kMosquitto = "/usr/sbin/mosquitto";

std::string user_name() {
    const passwd* user = getpwuid(getuid());
    return user != nullptr ? user->pw_name : "root";
}

const char* queue_lines(BrokerQueue queue) {
    switch (queue) {
        case BrokerQueue::roomy:
            return "max_inflight_messages 1000\nmax_queued_messages 0\n"
                   "max_queued_bytes 268435456\n";
        case BrokerQueue::tiny:
            return "max_inflight_messages 5\nmax_queued_messages 10\n";
        case BrokerQueue::defaults:
            break;
    }
    return "";
}

Status write_configuration(const BrokerOptions& options, std::uint16_t port) {
    std::ofstream file(options.dir / "mosquitto.conf");
    file << "listener " << port << " 127.0.0.1\n"
         << "allow_anonymous " << (options.anonymous ? "true" : "false")
         << "\n"
         // Started as root it would become user mosquitto, who may not write into our directory.
         << "user " << user_name() << "\n"
         << "persistence " << (options.persistence ? "true" : "false") << "\n"
         << "persistence_location " << options.dir.string() << "/\n"
         << "autosave_interval 1\n"
         << queue_lines(options.queue) << "set_tcp_nodelay true\n"
         << "log_dest stderr\n"
         << "log_type error\nlog_type warning\nlog_type notice\n"
         << options.extra_configuration;
    file.close();
    if (!file) return fail(Errc::unavailable, "cannot write into " + options.dir.string());
    return {};
}

}  // namespace

Result<Broker> Broker::start(BrokerOptions options) {
    if (access(kMosquitto, X_OK) != 0) {
        return fail(Errc::not_found,
                    std::string(kMosquitto) + " is not here: run deploy/install-deps");
    }
    Result<std::uint16_t> port = free_port();
    if (!port) return fail(port.error());
    Broker broker;
    broker.options_ = std::move(options);
    broker.port_ = *port;
    if (Status written = write_configuration(broker.options_, broker.port_); !written) {
        return fail(written.error());
    }
    if (Status launched = broker.launch(); !launched) return fail(launched.error());
    return broker;
}

std::string Broker::url() const {
    return "mqtt://127.0.0.1:" + std::to_string(port_);
}

Status Broker::launch() {
    Result<Process> process =
        Process::start({.command = {kMosquitto, "-c", (options_.dir / "mosquitto.conf").string()},
                        .log_dir = options_.dir,
                        .name = "mosquitto"});
    if (!process) return fail(process.error());
    process_.emplace(std::move(*process));
    const bool decided =
        wait_until([this] { return accepts_connections(port_) || !process_->running(); },
                   std::chrono::seconds{10});
    if (!decided || !process_->running()) {
        return fail(Errc::unavailable, "mosquitto did not start: " + process_->err());
    }
    return {};
}

void Broker::kill() {
    process_->kill();
}

bool Broker::has_dropped() const {
    return process_->err().find("messages are being dropped") != std::string::npos;
}

Status Broker::stop() {
    const Result<ExitStatus> ended = process_->stop();
    if (!ended) return fail(ended.error());
    return {};
}

Status Broker::start_again() {
    return launch();
}

}  // namespace aftercare::test
