// Simulated customers and technicians as clients of the collector's HTTP API. The fleet hands
// commands over and looks at tickets; threads of its own do the waiting, because each answer takes
// a transaction of the collector.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "firmware_sim/io/desk_lane.hpp"

namespace aftercare::sim {

/// Commands about one ticket (or device) keep their order; this many go on at the same time.
inline constexpr std::size_t kDeskLanes = 12;

struct DeskStatistics {
    LaneStatistics commands;
    std::uint64_t looks = 0;   ///< lists of open tickets read
    std::string last_trouble;  ///< why the last look failed; empty = it did not
};

class DeskClient {
  public:
    DeskClient(std::string api_url, std::string token);
    ~DeskClient();
    DeskClient(const DeskClient&) = delete;
    DeskClient& operator=(const DeskClient&) = delete;

    // Any thread; none of these waits for the network.
    void submit(collector::Command command);
    /// Asks for a fresh look at the desk unless one is under way.
    void look();
    /// Tickets as last seen, open ones and those that ended since; each sight is handed out once.
    std::vector<collector::Ticket> take_seen();
    [[nodiscard]] DeskStatistics statistics() const;

    // These wait, on a connection of their own.
    /// Retries until the collector answers or `patience` is over. Errors: unavailable, invalid.
    Status register_devices(const std::vector<collector::RegisterDevice>& devices,
                            milliseconds patience);
    /// Every ticket there is, of every state. Errors: unavailable, invalid.
    Result<std::vector<collector::Ticket>> all_tickets();

  private:
    void watch();
    void look_now();

    const std::string api_url_, token_;
    std::vector<std::unique_ptr<DeskLane>> lanes_;

    HttpSession session_;             ///< watcher only
    std::set<std::string> open_ids_;  ///< watcher only
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<collector::Ticket> seen_;
    std::uint64_t looks_ = 0;
    std::string last_trouble_;
    bool look_wanted_ = false, stopping_ = false;
    std::thread watcher_;
};

}  // namespace aftercare::sim
