// Bytes kept for each of many devices: half a std::string's size, and no spare room but what the
// heap gives anyway.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

namespace aftercare::collector {

class TightBytes {
  public:
    TightBytes() = default;
    TightBytes(const TightBytes& other) { assign(other.view()); }
    TightBytes(TightBytes&& other) noexcept { swap(other); }
    TightBytes& operator=(TightBytes other) noexcept {
        swap(other);
        return *this;
    }
    ~TightBytes() = default;

    /// Writes over the old bytes where they leave room for these and not much more.
    /// Pre: shorter than 4 GiB.
    void assign(std::string_view bytes) {
        const std::size_t room = room_for(bytes.size());
        if (room > capacity_ || capacity_ - room > kSpareMax) {
            bytes_ = std::make_unique_for_overwrite<char[]>(room);
            capacity_ = static_cast<std::uint32_t>(room);
        }
        bytes.copy(bytes_.get(), bytes.size());
        size_ = static_cast<std::uint32_t>(bytes.size());
    }
    [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }

  private:
    void swap(TightBytes& other) noexcept {
        std::swap(bytes_, other.bytes_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
    }

    static constexpr std::size_t kSpareMax = 32;
    /// A block of the heap is a multiple of sixteen bytes, eight of them its own.
    static constexpr std::size_t room_for(std::size_t size) {
        return (size + 8 + 15) / 16 * 16 - 8;
    }

    std::unique_ptr<char[]> bytes_;
    std::uint32_t size_ = 0;
    std::uint32_t capacity_ = 0;
};

}  // namespace aftercare::collector
