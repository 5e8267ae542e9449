// Gives each device the settings of its model: a Config when it reports an older version than the
// catalogue has, at most once in kOfferEvery, and not again a version that it refused. Where a
// device stands is stored when it changes; a restart costs one more offer.
#pragma once

#include <cstdint>
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
    /// Of every device, so it is kept small.
    struct Standing {
        std::uint32_t applied_version = 0;
        std::uint32_t offered_version = 0;  ///< 0 = none, or it caught up
        std::uint32_t refused_version = 0;  ///< 0 = none, or it caught up
        std::int32_t offered_at_s = 0;      ///< monotonic
        ConfigRefusal refusal = ConfigRefusal::none;
    };
    Standing& standing(DeviceNo device_no);
    // These tell whether anything changed.
    bool note_refusals(Standing& standing, const Report& report);
    static bool catch_up(Standing& standing);
    bool offer(Standing& standing, const DeviceEntry& device, const Step& step);

    std::vector<Standing> standings_;  ///< by device number
    std::uint64_t sent_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace aftercare::collector
