// All devices by number, in blocks of memory that never move. Numbers are dense; a hole costs a
// device's place. Devices are never removed.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "collector/core/intake/device_entry.hpp"

namespace aftercare::collector {

class DeviceTable {
  public:
    /// Null when there is none of this number.
    [[nodiscard]] DeviceEntry* find(DeviceNo no) const {
        if (no == 0 || no > last_no_) return nullptr;
        DeviceEntry& entry = place_of(no);
        return entry.info.no == no ? &entry : nullptr;
    }
    /// Pre: `no` is not 0 and free. The entry counts as there once its number is set.
    DeviceEntry& add(DeviceNo no) {
        while (no > blocks_.size() * kBlockDevices) {
            blocks_.push_back(std::make_unique<Block>());
        }
        last_no_ = std::max(last_no_, no);
        return place_of(no);
    }
    /// The highest number in use.
    [[nodiscard]] DeviceNo last_no() const { return last_no_; }

  private:
    static constexpr std::size_t kBlockDevices = 64;
    using Block = std::array<DeviceEntry, kBlockDevices>;

    [[nodiscard]] DeviceEntry& place_of(DeviceNo no) const {
        return (*blocks_[(no - 1) / kBlockDevices])[(no - 1) % kBlockDevices];
    }

    std::vector<std::unique_ptr<Block>> blocks_;
    DeviceNo last_no_ = 0;
};

}  // namespace aftercare::collector
