// 64-bit FNV-1a with a final mix, for trace hashes and deterministic ids. Not for secrets.
#pragma once

#include <cstdint>
#include <string_view>

namespace aftercare {

/// Spreads every bit over all others. Source: final mix of MurmurHash3 (A. Appleby, public domain).
constexpr std::uint64_t mixed(std::uint64_t h) {
    h ^= h >> 33;
    h *= 0xFF51AFD7ED558CCDULL;
    h ^= h >> 33;
    h *= 0xC4CEB9FE1A85EC53ULL;
    return h ^ (h >> 33);
}

/// Source: Fowler, Noll, Vo (FNV-1a).
class Hash64 {
  public:
    constexpr void add(std::string_view bytes) {
        for (const char c : bytes) add_byte(static_cast<std::uint8_t>(c));
    }
    /// Little-endian, eight bytes, so that hosts agree.
    constexpr void add(std::uint64_t value) {
        for (int i = 0; i < 8; ++i) add_byte(static_cast<std::uint8_t>(value >> (8 * i)));
    }
    [[nodiscard]] constexpr std::uint64_t value() const { return mixed(state_); }

  private:
    constexpr void add_byte(std::uint8_t byte) { state_ = (state_ ^ byte) * 0x100000001B3ULL; }
    std::uint64_t state_ = 0xCBF29CE484222325ULL;
};

}  // namespace aftercare
