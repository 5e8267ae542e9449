// The real collector beside a private broker, and a hand that publishes anything.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/report.hpp"
#include "tests/support/broker.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/process.hpp"
#include "tests/support/scratch_dir.hpp"

namespace aftercare::test {

/// An MQTT client that may send what no appliance would, on a thread of its own.
class Hand {
  public:
    /// Connected when it returns. `name`: client id and, with a password, user name.
    explicit Hand(const std::string& broker_url, const std::string& name = "hand",
                  const std::string& password = {});
    ~Hand();
    /// QoS 1; returns when the broker has it.
    void publish(const std::string& topic, const std::string& payload);
    /// QoS 1, one after the other as fast as the broker takes them.
    void hand_over(const std::string& topic, const std::string& payload);
    void await_all();
    /// Waits until the broker took it, or ended the connection, or said nothing for a second.
    void attempt(const std::string& topic, const std::string& payload);
    void listen(const std::string& topic);
    /// Messages heard so far.
    [[nodiscard]] std::size_t heard() const;
    /// The last payload heard on this topic; empty while there is none.
    [[nodiscard]] std::string latest(const std::string& topic) const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

class RunningCollector {
  public:
    /// Writes config, catalogue and an empty rule pack into a private directory. Tenant "acme".
    /// `broker_lines`, `tenants_lines`: more of sections [broker] and [tenants].
    explicit RunningCollector(const std::string& broker_url, const std::string& broker_lines = {},
                              const std::string& tenants_lines = {});

    /// Starts `aftercare-collector run` and waits until it serves HTTP. False when it ended
    /// instead.
    bool start(std::vector<std::string> more_arguments = {});
    /// Starts it on this port and waits only until it listens.
    bool launch_on(std::uint16_t port);
    /// SIGTERM; the exit code.
    int stop();
    void kill() { process_->kill(); }
    [[nodiscard]] int port() const { return std::stoi(port_); }
    [[nodiscard]] pid_t pid() const { return process_->pid(); }
    [[nodiscard]] std::string log() const { return process_->err(); }
    [[nodiscard]] std::size_t log_count(const std::string& text) const;

    /// Runs another command of the program.
    [[nodiscard]] Finished program(std::vector<std::string> arguments) const;
    /// The same, on this one's database.
    [[nodiscard]] Finished command(std::vector<std::string> arguments) const;
    [[nodiscard]] std::string make_token(const std::string& role,
                                         const std::string& centre = {}) const;

    HttpReply get(const std::string& path, const std::string& token = {}) const;
    HttpReply post(const std::string& path, const std::string& token, const std::string& body,
                   const std::string& if_match = {}) const;
    /// The value of a series such as `records_total` or `quarantined_total{reason="bad_topic"}`;
    /// −1 when there is none.
    [[nodiscard]] double metric(const std::string& series) const;
    /// Of a metric without our prefix.
    [[nodiscard]] double foreign_metric(const std::string& series) const;
    bool wait_for_metric(const std::string& series, double at_least) const;
    [[nodiscard]] bool wait_until_ready() const;
    [[nodiscard]] const ScratchDir& dir() const { return dir_; }

  private:
    bool launch(std::vector<std::string> more_arguments);
    ScratchDir dir_{"collector"};
    std::optional<Process> process_;
    std::string port_;
    mutable int commands_ = 0;  ///< each has output files of its own
};

/// A report of `count` self-tests of device `device`, lane urgent, from `first` on.
std::string report_bytes(const std::string& device, Seq first, std::size_t count, Seq oldest);
/// "aftercare/v1/{tenant}/{bucket}/{device}/up"
std::string up_topic(const std::string& tenant, const std::string& device);

}  // namespace aftercare::test
