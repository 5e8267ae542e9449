// aftercare-agent as a process that may be killed at any moment, fed like an appliance would, with
// the ledger of what it said about each record. The ledger and the database must agree afterwards.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "tests/integration/live/stored_records.hpp"
#include "tests/support/process.hpp"

namespace aftercare::test {

struct RealAgentOptions {
    std::string program;
    std::filesystem::path dir;  ///< of its own; must exist
    std::string device_id;
    std::string model;
    std::string broker_url;
};

class RealAgent {
  public:
    /// Starts it. Failures are CppUTest's, here and below.
    explicit RealAgent(RealAgentOptions options);

    /// Hands over `count` lines without waiting for the answers: a fault, a usage and readings in
    /// turn. Does nothing while as many as one kill may lose are unanswered.
    void report(int count);
    /// Takes in the answers that came.
    void read_answers();
    void await_answers();
    /// SIGKILL with lines under way, whose answers may be lost with it; then up again.
    void kill_and_start_again();
    /// Waits until nothing is held any more, then ends it.
    void await_acknowledgement(std::chrono::seconds patience);

    /// How many faults it called durable.
    [[nodiscard]] std::size_t durable_count() const { return durable_.size(); }
    /// Compares the ledger with the database, record by record: each seq once or in a declared gap,
    /// nothing durable missing or changed. Gives the number of records made.
    [[nodiscard]] std::uint64_t check(const StoredRecords& stored) const;

  private:
    void start();
    void take(const std::string& line);

    struct Question {
        bool status = false;
        std::uint32_t fault_code = 0;  ///< 0 = not a fault
    };
    RealAgentOptions options_;
    std::optional<Process> process_;
    std::uint64_t line_no_ = 0;                ///< lines said since the start of the process
    std::uint64_t answer_no_ = 0;              ///< answers to them
    std::map<std::uint64_t, Question> asked_;  ///< by line number, until answered
    std::uint64_t read_bytes_ = 0;             ///< of its output
    std::uint32_t next_code_ = 1;
    std::map<Seq, std::uint32_t> durable_;  ///< urgent seq → fault code, as answered
    std::array<Seq, kLaneCount> seq_max_{};
    Seq held_ = 0;  ///< by the last status
    int runs_ = 0;
};

}  // namespace aftercare::test
