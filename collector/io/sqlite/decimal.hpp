// Floats that are decimal fractions in truth: a sensor's 20.3 is 203 tenths, and 203 compresses
// better than the bits of the nearest float. Only what comes back bit for bit counts.
// Private to collector/io/sqlite.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>

namespace aftercare::collector::sqlite {

inline constexpr unsigned kDecimalsMax = 6;
inline constexpr double kPowersOfTen[kDecimalsMax + 1] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};

/// The bits of the float nearest to `units` of 10^-decimals. Both steps are correctly rounded
/// (IEEE 754), so it is the same everywhere.  Pre: decimals <= kDecimalsMax.
inline std::uint32_t float_bits_of(std::int64_t units, unsigned decimals) {
    const double value = static_cast<double>(units) / kPowersOfTen[decimals];
    return std::bit_cast<std::uint32_t>(static_cast<float>(value));
}

/// None when no number of units gives these bits.
inline std::optional<std::int64_t> units_of(std::uint32_t float_bits, unsigned decimals) {
    constexpr double kExactMax = 9e15;  // below, a double holds every whole number
    const double scaled =
        static_cast<double>(std::bit_cast<float>(float_bits)) * kPowersOfTen[decimals];
    if (!(std::abs(scaled) < kExactMax)) return std::nullopt;
    const auto units = static_cast<std::int64_t>(std::llround(scaled));
    if (float_bits_of(units, decimals) != float_bits) return std::nullopt;
    return units;
}

}  // namespace aftercare::collector::sqlite
