// Device numbers by (tenant, device id): open addressing, sixteen bytes a device at most on
// average, one lookup without allocation. Devices are never removed.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "collector/core/model/device.hpp"

namespace aftercare::collector {

class DeviceIndex {
  public:
    static std::uint64_t hash_of(std::string_view tenant, std::string_view device_id) {
        const std::hash<std::string_view> hash;
        return (hash(tenant) * 0x9E3779B97F4A7C15ULL) ^ hash(device_id);
    }

    /// The number for which `is_it(number)` holds among those of this hash; 0 = none.
    template <class IsIt>
    [[nodiscard]] DeviceNo find(std::uint64_t hash, IsIt is_it) const {
        if (slots_.empty()) return 0;
        for (std::size_t at = hash & mask();; at = (at + 1) & mask()) {
            const Slot& slot = slots_[at];
            if (slot.no == 0) return 0;
            if (slot.tag == tag_of(hash) && is_it(slot.no)) return slot.no;
        }
    }

    /// Pre: `no` is not 0 and not among them yet. `hash_again(number)` gives the hash of any.
    template <class HashAgain>
    void add(std::uint64_t hash, DeviceNo no, HashAgain hash_again) {
        if ((count_ + 1) * 2 > slots_.size()) grow(hash_again);
        place(hash, no);
        ++count_;
    }
    [[nodiscard]] std::size_t size() const { return count_; }

  private:
    struct Slot {
        DeviceNo no = 0;
        std::uint32_t tag = 0;
    };
    static constexpr std::size_t kSlotsFirst = 64;

    [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
    static std::uint32_t tag_of(std::uint64_t hash) {
        return static_cast<std::uint32_t>(hash >> 32U);
    }
    void place(std::uint64_t hash, DeviceNo no) {
        std::size_t at = hash & mask();
        while (slots_[at].no != 0) at = (at + 1) & mask();
        slots_[at] = {no, tag_of(hash)};
    }
    template <class HashAgain>
    void grow(HashAgain hash_again) {
        const std::vector<Slot> before = std::move(slots_);
        slots_.assign(before.empty() ? kSlotsFirst : before.size() * 2, Slot{});
        for (const Slot& slot : before) {
            if (slot.no != 0) place(hash_again(slot.no), slot.no);
        }
    }

    std::vector<Slot> slots_;  ///< a power of two, at most half full
    std::size_t count_ = 0;
};

}  // namespace aftercare::collector
