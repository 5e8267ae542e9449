// The collector that ships as a process of its own, with configuration, token and database in a
// scratch directory: started, killed and started again on the same port.
#pragma once

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "common/result.hpp"
#include "tests/support/process.hpp"

namespace aftercare::test {

struct CollectorOptions {
    std::string program;
    std::filesystem::path dir;
    std::string broker_url;
    std::string clock_start;  ///< RFC 3339; empty = the real clock
    std::string clock_epoch;
    double clock_speed = 1;
};

class CollectorProcess {
  public:
    /// Makes database and token, starts the collector and waits until it answers.
    /// Errors: unavailable, with its own words.
    static Result<CollectorProcess> start(CollectorOptions options);

    void kill() { process_->kill(); }
    /// It stands still, alive and connected, until `go_on`.
    void freeze() { process_->signal(SIGSTOP); }
    void go_on() { process_->signal(SIGCONT); }
    Status stop();
    /// For a collector that ends by itself.
    Result<ExitStatus> wait(std::chrono::milliseconds timeout) { return process_->wait(timeout); }
    [[nodiscard]] std::string err() const { return process_->err(); }
    /// On the same port with the same database and clock.
    Status start_again();
    /// `aftercare-collector verify` over the database.
    Result<Finished> verify() const;

    [[nodiscard]] std::string api_url() const {
        return "http://127.0.0.1:" + std::to_string(port_);
    }
    [[nodiscard]] const std::string& token() const { return token_; }
    [[nodiscard]] std::filesystem::path token_file() const { return options_.dir / "token"; }
    [[nodiscard]] std::filesystem::path database() const { return options_.dir / "aftercare.db"; }

  private:
    CollectorProcess() = default;
    Status make_token();
    Status launch();
    CollectorOptions options_;
    std::uint16_t port_ = 0;
    std::string token_;
    std::optional<Process> process_;
};

}  // namespace aftercare::test
