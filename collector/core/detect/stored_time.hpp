// Times in stored state: short, because they lie close to each other. Damaged ones must not
// overflow later arithmetic.
#pragma once

#include "collector/core/detect/interval.hpp"
#include "collector/core/intake/bytes.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

inline constexpr std::int64_t kFurthestMs = std::int64_t{1}
                                            << 52;  ///< some 140,000 years from 1970

/// Writes and reads times as their distance from a moment that both sides know.
class StoredTimes {
  public:
    explicit StoredTimes(WallTime base)
        : base_(base == kNever ? 0 : static_cast<std::uint64_t>(unix_ms(base))) {}

    void put(ByteWriter& bytes, WallTime at) const {
        if (at == kNever) return bytes.put_signed(0);
        if (at == kForEver) return bytes.put_signed(1);
        const auto distance =
            static_cast<std::int64_t>(static_cast<std::uint64_t>(unix_ms(at)) - base_);
        bytes.put_signed(distance < 0 ? distance : distance + 2);
    }
    /// kNever or a time within kFurthestMs; else the reader is spoilt.
    [[nodiscard]] WallTime get(ByteReader& bytes) const {
        const WallTime at = get_even_for_ever(bytes);
        if (at == kForEver) bytes.spoil();
        return at;
    }
    [[nodiscard]] WallTime get_even_for_ever(ByteReader& bytes) const {
        const std::int64_t coded = bytes.get_signed();
        if (coded == 0) return kNever;
        if (coded == 1) return kForEver;
        const std::int64_t distance = coded < 0 ? coded : coded - 2;
        const auto ms = static_cast<std::int64_t>(base_ + static_cast<std::uint64_t>(distance));
        if (ms <= -kFurthestMs || ms >= kFurthestMs) bytes.spoil();
        return wall_from_unix_ms(ms);
    }

  private:
    std::uint64_t base_;
};

}  // namespace aftercare::collector
