// DeviceInfo as the engine keeps it in memory, for each of many devices: common texts shared, its
// own in one piece, times without flags.
#pragma once

#include <optional>
#include <string>

#include "collector/core/intake/shared_text.hpp"
#include "collector/core/intake/tight_bytes.hpp"
#include "collector/core/model/device.hpp"

namespace aftercare::collector {

/// An optional time in eight bytes.
class MaybeTime {
  public:
    MaybeTime() = default;
    MaybeTime(WallTime at) : at_(at) {}
    MaybeTime(std::optional<WallTime> at) : at_(at.value_or(kNone)) {}
    operator std::optional<WallTime>() const {
        return at_ == kNone ? std::nullopt : std::optional{at_};
    }
    explicit operator bool() const { return at_ != kNone; }
    WallTime operator*() const { return at_; }
    [[nodiscard]] WallTime value_or(WallTime other) const { return at_ == kNone ? other : at_; }
    friend bool operator==(const MaybeTime&, const MaybeTime&) = default;

  private:
    static constexpr WallTime kNone = WallTime::min();
    WallTime at_ = kNone;
};

/// The texts that no other device has.
class OwnTexts {
  public:
    OwnTexts() = default;
    OwnTexts(std::string_view device_id, std::string_view serial, std::string_view customer_id);

    struct Parts {
        std::string_view device_id, serial, customer_id;
    };
    /// Lifetime: until it is written over.
    [[nodiscard]] Parts parts() const;

  private:
    TightBytes bytes_;
};

struct KnownDevice {
    DeviceNo no = 0;
    std::uint32_t consent_purposes = kAllPurposes;
    std::uint32_t consent_epoch = 0;
    OwnTexts own;
    SharedText tenant;
    SharedText model;
    SharedText firmware;
    SharedText region;
    SharedText language;
    SharedText segment;
    SharedText centre;
    MaybeTime installed_at;
    MaybeTime warranty_until;
    MaybeTime first_seen_at;
    MaybeTime last_seen_at;

    [[nodiscard]] std::string_view device_id() const { return own.parts().device_id; }
};

KnownDevice known_device(const DeviceInfo& info, TextPool& pool);
DeviceInfo info_of(const KnownDevice& device);
/// The members that the maker gives; telemetry owns the others. True when one changed.
bool take_master_data(const DeviceInfo& from, TextPool& pool, KnownDevice& to);

}  // namespace aftercare::collector
