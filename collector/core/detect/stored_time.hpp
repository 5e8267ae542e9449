// Times in stored state. Damaged ones must not overflow later arithmetic.
#pragma once

#include "collector/core/detect/interval.hpp"
#include "collector/core/intake/bytes.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

inline constexpr std::int64_t kFurthestMs = std::int64_t{1}
                                            << 52;  ///< some 140,000 years from 1970

/// kNever or a time within kFurthestMs; else the reader is spoilt.
inline WallTime get_time(ByteReader& bytes) {
    const auto ms = bytes.get<std::int64_t>();
    const WallTime at = wall_from_unix_ms(ms);
    const bool sound = at == kNever || (ms > -kFurthestMs && ms < kFurthestMs);
    if (!sound) bytes.spoil();
    return at;
}

}  // namespace aftercare::collector
