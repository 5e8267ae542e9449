// Gives each device the settings of its model: a Config when it reports an older version than the
// catalogue has, at most once in kOfferEvery, and not again a version that it refused. Where a
// device stands is stored when it changes; a restart costs one more offer.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "collector/core/intake/device_entry.hpp"
#include "collector/core/intake/step.hpp"

namespace aftercare::collector {

inline constexpr milliseconds kOfferEvery{3'600'000};

class RemoteSettings {
  public:
    void load(const SettingsRow& row);
    /// `report` brought something new of the device.
    void on_report(const DeviceEntry& device, const Report& report, const Step& step);
    [[nodiscard]] std::uint64_t sent_count() const { return sent_; }
    [[nodiscard]] std::uint64_t refused_count() const { return refused_; }

  private:
    struct Offer {
        std::uint32_t version = 0;
        Instant at{};
        std::uint32_t refused_version = 0;
        ConfigRefusal refusal = ConfigRefusal::none;
    };
    // These tell whether anything changed.
    bool note_refusals(DeviceNo device_no, const Report& report);
    bool note_applied(DeviceNo device_no, std::uint32_t version);
    bool offer(const DeviceEntry& device, const Step& step);

    std::unordered_map<DeviceNo, Offer> offers_;  // of devices that are behind
    std::vector<std::uint32_t> applied_;          // versions by device number, for there are many
    std::uint64_t sent_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace aftercare::collector
