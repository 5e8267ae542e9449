// Which devices are connected, as they say themselves (retained) or the broker for them (last
// will). For people to look at: nothing that is decided rests on it, and telemetry neither waits
// for it nor makes it. In memory by device; what changed is stored together at most once in
// kPresenceStoredEvery, because a link that flaps is no reason to write. What a kill loses the
// broker tells again on subscribing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collector/core/intake/device_entry.hpp"
#include "collector/core/intake/step.hpp"

namespace aftercare::collector {

inline constexpr milliseconds kPresenceStoredEvery{10'000};
/// Of devices nobody knows yet: a new one connects before it reports.
inline constexpr std::size_t kEarlyPresencesMax = 1'000;

class PresenceBook {
  public:
    void load(const PresenceRow& row);
    /// Of a known device. Saying the same again changes nothing, so that a retained message keeps
    /// the time of the change.
    void on_presence(DeviceNo no, bool online, WallTime at);
    /// Of a device that is not known yet. False when there is no room to remember it.
    bool on_early_presence(std::string_view tenant, std::string_view device_id, bool online,
                           WallTime at);
    /// A device that may have been early.
    void adopt(const KnownDevice& device);
    void on_tick(Instant now, Commit& commit);
    /// Appends what changed since the last time.
    void flush(Commit& commit);
    [[nodiscard]] std::size_t online_count() const { return online_; }
    [[nodiscard]] std::uint64_t change_count() const { return changes_; }

  private:
    struct State {
        MaybeTime since;  ///< none = never heard of
        bool online = false;
        bool changed = false;  ///< in the list
    };
    State& state(DeviceNo no);

    std::vector<State> states_;  ///< [no], for there are many
    std::vector<DeviceNo> changed_;
    std::unordered_map<std::string, DevicePresence> early_;  ///< by "tenant/device"
    Instant stored_at_{};
    std::size_t online_ = 0;
    std::uint64_t changes_ = 0;
};

}  // namespace aftercare::collector
