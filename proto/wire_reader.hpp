// Reads the protobuf wire format field by field, accepting what libprotobuf accepts and nothing
// else. Private to proto.
#pragma once

#include <cstdint>
#include <string_view>

namespace aftercare::proto {

enum class WireType : std::uint8_t { varint, fixed64, bytes, group, end_group, fixed32 };

/// Once something is malformed `ok` is false for ever and no further field comes.
class WireReader {
  public:
    explicit WireReader(std::string_view bytes)
        : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    /// False at the end, or when what follows is no field.
    bool next() {
        if (at_ == end_ || !ok_) return false;
        const auto tag = static_cast<std::uint32_t>(varint_of(kTagBytesMax));
        number_ = tag >> 3;
        type_ = static_cast<WireType>(tag & 7);
        if (number_ == 0 || type_ == WireType::end_group || (tag & 7) > 5) ok_ = false;
        return ok_;
    }
    [[nodiscard]] std::uint32_t number() const { return number_; }
    [[nodiscard]] WireType type() const { return type_; }
    [[nodiscard]] bool is(WireType type) const { return type_ == type; }
    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] bool at_end() const { return at_ == end_ || !ok_; }
    void spoil() { ok_ = false; }

    std::uint64_t varint() { return varint_of(kVarintBytesMax); }
    std::uint32_t fixed32() { return static_cast<std::uint32_t>(little_endian(4)); }
    std::uint64_t fixed64() { return little_endian(8); }
    /// A length and as many bytes.
    std::string_view bytes();
    /// Passes over the value of a field nobody knows.
    void skip() { skip_value(kDepthMax); }

  private:
    static constexpr int kTagBytesMax = 5;
    static constexpr int kVarintBytesMax = 10;
    static constexpr int kDepthMax = 100;  ///< of groups in groups, as libprotobuf has it

    std::uint64_t varint_of(int bytes_max) {
        std::uint64_t value = 0;
        for (int i = 0; i < bytes_max && at_ != end_; ++i) {
            const auto byte = static_cast<std::uint8_t>(*at_++);
            value |= static_cast<std::uint64_t>(byte & 0x7FU) << (7 * i);
            if (byte < 0x80) return value;
        }
        ok_ = false;
        return 0;
    }
    std::uint64_t little_endian(int size) {
        if (end_ - at_ < size) ok_ = false;
        if (!ok_) return 0;
        std::uint64_t value = 0;
        for (int i = 0; i < size; ++i) {
            value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(at_[i])) << (8 * i);
        }
        at_ += size;
        return value;
    }
    void skip_value(int depth);

    const char* at_;
    const char* end_;
    std::uint32_t number_ = 0;
    WireType type_ = WireType::varint;
    bool ok_ = true;
};

/// What a proto3 `string` must be: no overlong form, no surrogate, at most U+10FFFF.
/// Source: RFC 3629, section 4.
bool valid_utf8(std::string_view text);

}  // namespace aftercare::proto
