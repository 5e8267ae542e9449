// A live fleet against a real broker and collector that may be killed at any moment, and the check
// that nothing was lost or doubled. The steps of the crash tests; failures are CppUTest's.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/integration/live/collector_process.hpp"
#include "tests/integration/live/real_agent.hpp"
#include "tests/support/broker.hpp"
#include "tests/support/scratch_dir.hpp"

namespace aftercare::test {

struct LiveRunOptions {
    int devices = 40;
    int days = 20;
    int seed = 11;
    double speed = 144'000;  ///< virtual seconds per real second
    int agents = 0;          ///< processes of aftercare-agent beside the fleet
    BrokerQueue queue = BrokerQueue::roomy;
};

class LiveRun {
  public:
    /// Broker and collector are up and the fleet is under way.
    void start(const LiveRunOptions& options);
    [[nodiscard]] bool running() { return fleet_->running(); }
    /// Real time between two blows, in which the agents report.
    void live_for(std::chrono::milliseconds span);
    /// SIGKILL, `away`, and up again.
    void kill_collector(std::chrono::milliseconds away);
    enum class Memory : std::uint8_t { kept, lost };
    /// `lost`: the broker comes back without sessions and queues.
    void kill_broker(std::chrono::milliseconds away, Memory memory = Memory::kept);
    void kill_agent(std::size_t number) { agents_.at(number)->kill_and_start_again(); }
    /// The collector stands still, alive and connected, while messages pile up in the broker.
    void stall_collector(std::chrono::milliseconds span);
    [[nodiscard]] bool broker_has_dropped() const { return broker_->has_dropped(); }
    /// `aftercare-collector backup` while everything runs.
    void back_up(const std::string& file);
    /// Collector stopped, that backup put in place of its database, and up again.
    void restore(const std::string& file);
    [[nodiscard]] CollectorProcess& collector() { return *collector_; }
    [[nodiscard]] std::filesystem::path path(const std::string& file) const {
        return scratch_ / file;
    }
    /// Waits for fleet and agents and counts every record of every agent in the database.
    /// After a restore a lane's tail may be missing that no device holds and no later record of the
    /// lane has declared lost yet; the bulk lane always has a later one.
    /// Gives the number of records.
    std::uint64_t check_nothing_lost_and_nothing_doubled(std::chrono::seconds patience);

  private:
    void copy(const std::vector<std::string>& arguments);
    void start_agents(int count);

    ScratchDir scratch_{"crash"};
    bool restored_ = false;
    std::optional<Broker> broker_;
    std::optional<CollectorProcess> collector_;
    std::optional<Process> fleet_;
    std::vector<std::unique_ptr<RealAgent>> agents_;
};

}  // namespace aftercare::test
