// A string of bounded length that lives inline: no heap, fit for device code and hot paths.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace aftercare {

template <std::size_t kCapacity>
class FixedText {
    static_assert(kCapacity <= 255);

  public:
    constexpr FixedText() = default;
    /// Longer text is cut: check `fits` first where that would be wrong.
    constexpr FixedText(std::string_view text) { assign(text); }
    constexpr FixedText(const char* text) { assign(text); }

    static constexpr bool fits(std::string_view text) { return text.size() <= kCapacity; }
    constexpr void assign(std::string_view text) {
        size_ = 0;
        append(text);
    }
    /// What does not fit is cut.
    constexpr void append(std::string_view text) {
        const std::size_t room = kCapacity - size_;
        const std::size_t count = text.size() < room ? text.size() : room;
        std::char_traits<char>::copy(bytes_.data() + size_, text.data(), count);
        size_ = static_cast<std::uint8_t>(size_ + count);
    }
    [[nodiscard]] constexpr std::string_view view() const { return {bytes_.data(), size_}; }
    constexpr operator std::string_view() const { return view(); }
    [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
    friend constexpr bool operator==(const FixedText& a, const FixedText& b) {
        return a.view() == b.view();
    }

  private:
    // The size comes first: the device's codec reads a text without knowing its capacity.
    std::uint8_t size_ = 0;
    std::array<char, kCapacity> bytes_{};
};

}  // namespace aftercare
