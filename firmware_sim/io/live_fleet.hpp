// All devices of a live run and the people around them, stepped hour by hour on the shared clock.
//
// Thread: the loop's; only DeskClient has threads of its own.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/scaled_clock.hpp"
#include "firmware_sim/io/desk_client.hpp"
#include "firmware_sim/io/event_loop.hpp"
#include "firmware_sim/io/live_device.hpp"
#include "firmware_sim/model/scenario.hpp"
#include "firmware_sim/model/service_centre.hpp"

namespace aftercare::sim {

struct FleetTotals {
    std::size_t devices = 0;
    std::size_t connected = 0;
    std::uint64_t records = 0;
    std::uint64_t held = 0;  ///< not acknowledged yet
    std::uint64_t dropped = 0, denied = 0, refused = 0;
    std::uint64_t reports_sent = 0, reports_resent = 0, in_flight_reports = 0;
    std::uint64_t notices = 0, disconnects = 0;
    std::uint64_t calls = 0;    ///< inbound, by customers
    std::uint64_t tickets = 0;  ///< seen at the desk so far
    double day = 0;             ///< virtual, since the start
};

class LiveFleet {
  public:
    enum class Phase : std::uint8_t { waiting, living, draining, drained, stuck };

    /// `credentials`: password by device id; empty = anonymous.
    /// Lifetime: `loop` and `desk` outlive the fleet.
    LiveFleet(const Scenario& scenario, const ScaledClock& clock, const LiveLink& link,
              const std::unordered_map<std::string, std::string>& credentials, EventLoop& loop,
              DeskClient& desk);

    /// Registers the fleet at the collector and boots every agent.  Errors: unavailable, invalid.
    Status open();
    /// One sweep over all devices; false when nothing is left to do.
    bool step();
    /// No more virtual time: drain from here.
    void end_early() { ended_early_ = true; }

    [[nodiscard]] Phase phase() const { return phase_; }
    [[nodiscard]] FleetTotals totals() const;
    [[nodiscard]] const TruthLedger& truth() const { return truth_; }
    [[nodiscard]] const ServiceCentre::Statistics& centre() const { return centre_.statistics(); }
    [[nodiscard]] const std::vector<std::unique_ptr<LiveDevice>>& devices() const {
        return devices_;
    }
    [[nodiscard]] WallTime end() const { return end_; }
    /// How far virtual time was lived through.
    [[nodiscard]] WallTime lived_to() const { return lived_to_; }

  private:
    void sweep(WallTime to);
    void work_desk(WallTime now);
    void submit(std::vector<collector::Command>& commands);
    void watch_drain();

    ScaledClock clock_;
    WallTime end_, lived_to_;
    EventLoop& loop_;
    DeskClient& desk_;
    ServiceCentre centre_;
    TruthLedger truth_;
    std::vector<std::unique_ptr<LiveDevice>> devices_;
    std::unordered_map<std::string, LiveDevice*> by_id_;
    std::set<std::string> tickets_;
    std::uint64_t calls_ = 0;
    Phase phase_ = Phase::waiting;
    bool ended_early_ = false;
    Instant next_keep_alive_{}, next_look_{}, progressed_at_{};
    std::uint64_t left_before_ =
        UINT64_MAX;  ///< held records and waiting commands, when last fewer
};

}  // namespace aftercare::sim
