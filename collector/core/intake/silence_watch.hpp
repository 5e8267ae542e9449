// Which devices fell silent? Nobody tells, so a few devices are looked at each tick, round by
// round, by what is in memory of each; only one that is due is woken.
//
// A collector that hears nobody may be deaf itself: nothing is called silent in the first hour of
// hearing, nor after an hour in which no device reported. Thread: one.
#pragma once

#include <vector>

#include "collector/core/intake/registry.hpp"

namespace aftercare::collector {

inline constexpr std::size_t kSilenceLooksPerTick = 64;  ///< 10,000 devices take 16 s at 100 ms
inline constexpr milliseconds kDeafAfter{3'600'000};
inline constexpr milliseconds kHearingFor{3'600'000};  ///< devices have to come back first

class SilenceWatch {
  public:
    SilenceWatch(const World& world, Registry& registry);

    /// A report of this device was admitted.
    void heard(DeviceEntry& device, WallTime now);

    struct Found {
        DeviceEntry* device = nullptr;
        std::vector<Detection> detections;
    };
    std::vector<Found> look(WallTime now);
    /// The pack is another one: what is due is asked anew.
    void pack_changed();

  private:
    [[nodiscard]] bool due(const DeviceEntry& device, WallTime now) const;

    const World& world_;
    Registry& registry_;
    bool wanted_ = false;  ///< some rule looks for silence
    std::optional<WallTime> hearing_since_;
    WallTime heard_at_{};
    DeviceNo next_ = 1;
};

}  // namespace aftercare::collector
