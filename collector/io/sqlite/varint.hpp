// Numbers of 1 to 10 bytes, seven bits each, lowest first: as protobuf writes them. Private to
// collector/io/sqlite.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace aftercare::collector::sqlite {

inline void put_varint(std::string& bytes, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7F) | 0x80);
    bytes += static_cast<char>(value);
}

/// Small differences in either direction become small numbers: 0, −1, 1, −2 … → 0, 1, 2, 3 …
constexpr std::uint64_t zigzag(std::uint64_t difference) {
    return (difference << 1) ^ (0 - (difference >> 63));
}
constexpr std::uint64_t unzigzag(std::uint64_t value) {
    return (value >> 1) ^ (0 - (value & 1));
}

/// Once something cannot be read, `ok` is false and everything reads as zero. Numbers written with
/// more bytes than they need count as unreadable, so that what was read is written back the same.
class VarintReader {
  public:
    explicit VarintReader(std::string_view bytes) : bytes_(bytes) {}

    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 70; shift += 7) {
            if (at_end()) break;
            const auto byte = static_cast<std::uint8_t>(bytes_.front());
            bytes_.remove_prefix(1);
            value |= std::uint64_t{byte & 0x7FU} << (shift < 64 ? shift : 0);
            if ((byte & 0x80) != 0) continue;
            if ((byte == 0 && shift > 0) || (shift == 63 && byte > 1)) break;
            return value;
        }
        return spoil(), 0;
    }
    std::string_view take(std::uint64_t size) {
        if (size > bytes_.size()) return spoil(), std::string_view{};
        const std::string_view part = bytes_.substr(0, static_cast<std::size_t>(size));
        bytes_.remove_prefix(part.size());
        return part;
    }
    std::string_view rest() { return take(bytes_.size()); }
    void spoil() {
        ok_ = false;
        bytes_ = {};
    }
    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] std::size_t left() const { return bytes_.size(); }
    [[nodiscard]] bool at_end() const { return bytes_.empty(); }

  private:
    std::string_view bytes_;
    bool ok_ = true;
};

}  // namespace aftercare::collector::sqlite
