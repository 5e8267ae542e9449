// What one sample says about one simple predicate.
#pragma once

#include <cstdint>

#include "common/time.hpp"

namespace aftercare::collector {

enum class Truth : std::uint8_t {
    unknown,  ///< too little to judge; ends an interval once it lasts longer than a window
    no,
    pending,  ///< beyond the limit, but not for long enough yet
    yes,
};

struct Verdict {
    Truth truth = Truth::unknown;
    WallTime start{};  ///< when a new interval would begin; not before the predicate's last sample
    float value = 0;
    float baseline = 0;
    float deviation = 0;
    std::uint32_t code = 0;
};

}  // namespace aftercare::collector
