// An agent on Linux: file spool, system clock, Paho. Belongs to one thread, which calls step()
// whenever one of the files of add_to() is readable or `next_poll_ms` has come; aftercare-agent and
// the C library's own thread do.
#pragma once

#include <poll.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/core/agent.hpp"
#include "agent/io/file_storage.hpp"
#include "agent/io/network_watch.hpp"
#include "agent/io/paho_transport.hpp"
#include "agent/io/status.hpp"
#include "agent/io/system_ports.hpp"

namespace aftercare::agent {

struct HostOptions {
    Options agent;  ///< texts must outlive the call of open only
    FileStorageOptions spool;
    BrokerOptions
        broker;  ///< url empty: stays offline and spools; client id and topic are filled in
    HandlerPort handler;
    /// Those that are there take the place of the file, of Paho and of the system's.
    std::optional<StoragePort> storage;
    std::optional<TransportPort> transport;
    std::optional<ClockPort> clock;
    std::optional<EntropyPort> entropy;
    std::function<void(LogLevel, std::string_view)> log;
};

class Host {
  public:
    /// Errors: those of FileStorage::open, invalid (ids), unavailable.
    static Result<std::unique_ptr<Host>> open(HostOptions options);
    ~Host();
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    [[nodiscard]] Agent& agent() { return *agent_; }
    /// Takes what the link brought and lets the agent do what is due.
    void step();
    /// On the clock of link_now_ms().
    [[nodiscard]] std::uint64_t next_poll_ms() const { return agent_->next_poll_ms(); }
    void add_to(std::vector<pollfd>& set) const;
    /// Makes step() due, from any thread.
    void wake() const;
    [[nodiscard]] std::uint64_t link_now_ms() const {
        return clock_port_.link_ms(clock_port_.context);
    }
    [[nodiscard]] LinkStatus link_status() const;
    [[nodiscard]] std::uint64_t uptime_ms() const { return clock_.uptime_ms(); }
    /// Flushes, waits at most `timeout` for acknowledgements of what is in flight, leaves the
    /// broker.
    void stop(std::chrono::milliseconds timeout);

  private:
    Host() = default;
    void on_link_lost(const std::string& why);
    void note_ack();

    HostOptions options_;
    int wake_fd_ = -1;
    NetworkWatch network_;
    SystemClock clock_;
    ClockPort clock_port_;
    std::unique_ptr<FileStorage> storage_;
    std::unique_ptr<PahoTransport> transport_;
    struct alignas(std::max_align_t) Block {
        std::byte bytes[alignof(std::max_align_t)];
    };
    std::vector<Block> memory_;
    Agent* agent_ = nullptr;
    std::string last_trouble_;  // as last logged
    std::string last_failure_;
    std::array<Seq, kLaneCount> acked_{};
    std::uint64_t last_ack_ms_ = UINT64_MAX;
    std::uint64_t failed_attempts_ = 0;
};

}  // namespace aftercare::agent
