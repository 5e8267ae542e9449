// Little-endian bytes of the engine's own stored state, so that hosts agree.
#pragma once

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
