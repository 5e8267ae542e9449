// One ordered queue of commands to the collector's API, with a connection and a thread of its own.
//
// Invariant: commands are sent in the order they came and each until the collector has answered it,
// so that a killed collector costs time and no command (ids make repeats harmless).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "collector/core/commands.hpp"
#include "common/rng.hpp"
#include "common/time.hpp"
#include "firmware_sim/io/http_session.hpp"

namespace aftercare::sim {

inline constexpr std::size_t kLaneCommandsMax = 20'000;

struct LaneStatistics {
    std::uint64_t accepted = 0;
    std::uint64_t conflicts = 0;  ///< already done, or the ticket had moved on
    std::uint64_t refused = 0;    ///< any other 4xx, and what did not fit into the queue
    std::uint64_t retries = 0;
    std::size_t waiting = 0;  ///< the one under way included
    std::string first_refusal;
};

class DeskLane {
  public:
    DeskLane(const std::string& api_url, const std::string& token, std::uint64_t seed);
    /// Waits for the request under way; what still waits is not sent.
    ~DeskLane();
    DeskLane(const DeskLane&) = delete;
    DeskLane& operator=(const DeskLane&) = delete;

    // Any thread; neither waits for the network.
    void submit(collector::Command command);
    [[nodiscard]] LaneStatistics statistics() const;

  private:
    void work();
    void send(const collector::Command& command);
    void refuse(std::string why);
    /// False when it is time to stop.
    bool pause(milliseconds span);

    HttpSession session_;
    Rng jitter_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<collector::Command> commands_;
    LaneStatistics statistics_;
    bool stopping_ = false;
    std::thread thread_;
};

/// The collector is not there, restarts, or asks for time: the same request again, later.
bool worth_a_retry(const Result<HttpReply>& reply);
/// For messages: the error, or status and beginning of the body.
std::string describe(const Result<HttpReply>& reply);

}  // namespace aftercare::sim
