// Protobuf's wire encoding without heap: a writer into a given span and a reader over one. What the
// messages are is in wire_messages.hpp; the schema is proto/aftercare/v1/*.proto.
// Source: https://protobuf.dev/programming-guides/encoding/
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace aftercare::agent {

/// Signed numbers as protobuf's sint64 has them: small ones stay short.
constexpr std::uint64_t zigzag(std::int64_t value) {
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::uint64_t unzigzag(std::uint64_t value) {
    return (value >> 1) ^ (0 - (value & 1));
}

/// Appends fields in the order of the calls; default values (0, false, empty) are left out as
/// proto3 wants. Once something does not fit, `ok` is false and the content is worthless.
class WireWriter {
  public:
    explicit WireWriter(std::span<std::byte> out) : out_(out) {}

    void varint_field(std::uint32_t field, std::uint64_t value);
    void fixed64_field(std::uint32_t field, std::uint64_t value);
    void bytes_field(std::uint32_t field, std::span<const std::byte> bytes);

    void tag(std::uint32_t field, std::uint32_t wire_type) { varint(field << 3 | wire_type); }
    void varint(std::uint64_t value);
    void raw(std::span<const std::byte> bytes);

    /// Opens a nested message of less than 16 KiB and closes it with its length.
    std::size_t begin_message(std::uint32_t field);
    void end_message(std::size_t begun);

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] std::size_t size() const { return size_; }

  private:
    void put(std::uint8_t byte);
    std::span<std::byte> out_;
    std::size_t size_ = 0;
    bool ok_ = true;
};

enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

/// Walks the fields of one message. Unknown fields cost nothing: next() again.
class WireReader {
  public:
    explicit WireReader(std::span<const std::byte> in) : in_(in) {}

    /// False at the end and at the first malformed byte; `ok` tells which.
    bool next();
    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] std::uint32_t field() const { return field_; }
    [[nodiscard]] WireType type() const { return type_; }
    /// Of a varint or fixed field; 0 when the field has another type.
    [[nodiscard]] std::uint64_t value() const { return value_; }
    [[nodiscard]] std::uint32_t value32() const { return static_cast<std::uint32_t>(value_); }
    /// Of a length-delimited field; empty when the field has another type.
    [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

  private:
    bool varint(std::uint64_t& value);
    bool fixed(std::size_t count);
    std::span<const std::byte> in_;
    std::size_t at_ = 0;
    std::uint32_t field_ = 0;
    WireType type_ = WireType::varint;
    std::uint64_t value_ = 0;
    std::span<const std::byte> bytes_;
    bool ok_ = true;
};

}  // namespace aftercare::agent
