// 64-bit division without the library routine that a 32-bit processor needs for it: 0.8 KiB of
// flash for a handful of jitters an hour. The results are those of / and %.
#pragma once

#include <cstdint>

namespace aftercare {

struct Division {
    std::uint64_t quotient = 0;
    std::uint64_t remainder = 0;
};

/// Bit by bit.  Pre: divisor > 0.  Cost: 64 rounds.
constexpr Division divide_by_bits(std::uint64_t dividend, std::uint64_t divisor) {
    Division result;
    for (int i = 63; i >= 0; --i) {
        const bool carry = result.remainder >> 63 != 0;
        result.remainder = result.remainder << 1 | (dividend >> i & 1);
        result.quotient <<= 1;
        if (carry || result.remainder >= divisor) {
            result.remainder -= divisor;
            result.quotient |= 1;
        }
    }
    return result;
}

/// Pre: divisor > 0.
Division divide(std::uint64_t dividend, std::uint64_t divisor);

}  // namespace aftercare
