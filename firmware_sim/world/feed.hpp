// What drives a world from outside the product: the life of each device, and the desk that works
// its tickets. A simulated fleet and a recorded trace are two of each.
#pragma once

#include <vector>

#include "collector/core/commands.hpp"
#include "collector/core/model/device.hpp"
#include "common/downlink.hpp"
#include "common/time.hpp"
#include "firmware_sim/model/appliance.hpp"

namespace aftercare::sim {

inline constexpr WallTime kNever = WallTime::max();

class DeviceFeed {
  public:
    virtual ~DeviceFeed() = default;
    [[nodiscard]] virtual collector::DeviceInfo registration() const = 0;
    /// When `advance` has something to tell next; kNever when all is told.
    [[nodiscard]] virtual WallTime next_at() const = 0;
    /// Appends, in order of time and none before `now`, what the firmware will tell until the new
    /// `next_at`, and what people report.  Pre: now == next_at().
    virtual void advance(WallTime now, std::vector<Emission>& telemetry,
                         std::vector<collector::Command>& commands) = 0;
    virtual void on_notice(const Notice& notice, WallTime now) = 0;
    [[nodiscard]] virtual SelfTest self_test(const SelfTestRequest& request) const = 0;
};

class DeskFeed {
  public:
    virtual ~DeskFeed() = default;
    /// Every ticket as it was just stored.
    virtual void see(const collector::Ticket& ticket, WallTime now) = 0;
    /// When to call `act` next; grows with each call.
    [[nodiscard]] virtual WallTime next_at() const = 0;
    virtual void act(WallTime now, std::vector<collector::Command>& commands) = 0;
};

}  // namespace aftercare::sim
