// Exponential back-off with full jitter: every retry in the product waits by this rule.
#pragma once

#include <cstdint>

#include "common/time.hpp"

namespace aftercare {

/// Delay before retry k = uniform(0, min(cap, base · 2^k)).
/// Source: M. Brooker, "Exponential backoff and jitter", AWS Architecture Blog, 2015.
class Backoff {
  public:
    constexpr Backoff(milliseconds base, milliseconds cap) : base_(base), cap_(cap) {}

    /// `random.below(bound)` is uniform in [0, bound).
    template <class Random>
    [[nodiscard]] milliseconds next(Random& random) {
        milliseconds ceiling = cap_;
        if (attempts_ < 30 && base_ * (std::int64_t{1} << attempts_) < cap_) {
            ceiling = base_ * (std::int64_t{1} << attempts_);
        }
        ++attempts_;
        return milliseconds{static_cast<std::int64_t>(
            random.below(static_cast<std::uint64_t>(ceiling.count()) + 1))};
    }
    void reset() { attempts_ = 0; }
    [[nodiscard]] unsigned attempts() const { return attempts_; }

  private:
    milliseconds base_;
    milliseconds cap_;
    unsigned attempts_ = 0;
};

}  // namespace aftercare
