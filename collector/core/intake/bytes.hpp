// Little-endian bytes of the engine's own stored state, so that hosts agree.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace aftercare::collector {

class ByteWriter {
  public:
    explicit ByteWriter(std::string& bytes) : bytes_(bytes) {}
    template <class T>
    void put(T value) {
        static_assert(std::is_integral_v<T> || std::is_enum_v<T>);
        const auto bits = static_cast<std::uint64_t>(value);
        char part[sizeof(T)];
        for (std::size_t i = 0; i < sizeof(T); ++i) {
            part[i] = static_cast<char>(bits >> (8 * i) & 0xFF);
        }
        bytes_.append(part, sizeof(T));
    }
    /// Seven bits a byte, lowest first: small numbers are short.
    void put_varint(std::uint64_t value) {
        while (value >= 0x80) {
            bytes_ += static_cast<char>(value | 0x80);
            value >>= 7;
        }
        bytes_ += static_cast<char>(value);
    }
    /// Small in size is short, whatever the sign.
    void put_signed(std::int64_t value) {
        const auto bits = static_cast<std::uint64_t>(value);
        put_varint(value < 0 ? ~(bits << 1) : bits << 1);
    }
    void put_real(float value) { put(std::bit_cast<std::uint32_t>(value)); }
    /// Length, then the bytes.
    void put_part(std::string_view part) {
        put_varint(part.size());
        bytes_ += part;
    }
    /// Two bytes of length, then the text. Pre: shorter than 64 KiB.
    void put_text(std::string_view text) {
        put(static_cast<std::uint16_t>(text.size()));
        bytes_ += text;
    }

  private:
    std::string& bytes_;
};

/// Once a read runs past the end, `ok` is false and everything reads as zero.
class ByteReader {
  public:
    explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}
    template <class T>
    T get() {
        static_assert(std::is_integral_v<T> || std::is_enum_v<T>);
        const std::string_view part = take(sizeof(T));
        std::uint64_t bits = 0;
        for (std::size_t i = part.size(); i > 0; --i) {
            bits = bits << 8 | static_cast<std::uint8_t>(part[i - 1]);
        }
        return static_cast<T>(bits);
    }
    std::uint64_t get_varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const auto byte = get<std::uint8_t>();
            value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
            if (byte < 0x80) return value;
        }
        ok_ = false;
        return 0;
    }
    std::int64_t get_signed() {
        const std::uint64_t bits = get_varint();
        return static_cast<std::int64_t>((bits & 1) != 0 ? ~(bits >> 1) : bits >> 1);
    }
    float get_real() { return std::bit_cast<float>(get<std::uint32_t>()); }
    std::string_view get_part() { return take(get_varint()); }
    std::string_view get_text() { return take(get<std::uint16_t>()); }
    std::string_view rest() { return take(bytes_.size()); }
    /// What was read makes no sense: as if the bytes had ended.
    void spoil() { ok_ = false; }
    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] bool at_end() const { return bytes_.empty(); }

  private:
    std::string_view take(std::size_t size) {
        if (!ok_ || size > bytes_.size()) {
            ok_ = false;
            return {};
        }
        const std::string_view part = bytes_.substr(0, size);
        bytes_.remove_prefix(size);
        return part;
    }
    std::string_view bytes_;
    bool ok_ = true;
};

}  // namespace aftercare::collector
