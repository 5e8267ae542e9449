#include "agent/core/wire.hpp"

#include <bit>
#include <cstring>

namespace aftercare::agent {

// Fixed-size numbers go out as they lie in memory.
static_assert(std::endian::native == std::endian::little);

void WireWriter::put(std::uint8_t byte) {
    if (size_ == out_.size()) {
        ok_ = false;
        return;
    }
    out_[size_++] = std::byte{byte};
}

void WireWriter::varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) put(static_cast<std::uint8_t>(value | 0x80));
    put(static_cast<std::uint8_t>(value));
}

void WireWriter::varint_field(std::uint32_t field, std::uint64_t value) {
    if (value == 0) return;
    tag(field, 0);
    varint(value);
}

void WireWriter::fixed64_field(std::uint32_t field, std::uint64_t value) {
    if (value == 0) return;
    tag(field, 1);
    raw(std::as_bytes(std::span{&value, 1}));
}

void WireWriter::bytes_field(std::uint32_t field, std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    tag(field, 2);
    varint(bytes.size());
    raw(bytes);
}

void WireWriter::raw(std::span<const std::byte> bytes) {
    if (bytes.size() > out_.size() - size_) {
        ok_ = false;
        return;
    }
    if (!bytes.empty()) std::memcpy(out_.data() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
}

std::size_t WireWriter::begin_message(std::uint32_t field) {
    tag(field, 2);
    put(0);
    put(0);
    return size_;
}

void WireWriter::end_message(std::size_t begun) {
    if (!ok_) return;
    const std::size_t length = size_ - begun;
    if (length >= 0x4000) {
        ok_ = false;
        return;
    }
    if (length >= 0x80) {
        out_[begun - 2] = static_cast<std::byte>(length | 0x80);
        out_[begun - 1] = static_cast<std::byte>(length >> 7);
        return;
    }
    // One length byte is enough: close the gap, so that the bytes equal those of any other encoder.
    out_[begun - 2] = static_cast<std::byte>(length);
    std::memmove(out_.data() + begun - 1, out_.data() + begun, length);
    --size_;
}

bool WireReader::varint(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (at_ == in_.size()) return false;
        const auto byte = static_cast<std::uint8_t>(in_[at_++]);
        value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

bool WireReader::fixed(std::size_t count) {
    if (in_.size() - at_ < count) return false;
    std::memcpy(&value_, in_.data() + at_, count);
    at_ += count;
    return true;
}

bool WireReader::next() {
    value_ = 0;
    bytes_ = {};
    if (!ok_ || at_ == in_.size()) return false;
    std::uint64_t key = 0;
    ok_ = varint(key) && key >> 3 != 0 && key >> 32 == 0;
    if (!ok_) return false;
    field_ = static_cast<std::uint32_t>(key >> 3);
    type_ = static_cast<WireType>(key & 7);
    switch (type_) {
        case WireType::varint:
            ok_ = varint(value_);
            break;
        case WireType::fixed64:
            ok_ = fixed(8);
            break;
        case WireType::fixed32:
            ok_ = fixed(4);
            break;
        case WireType::bytes: {
            std::uint64_t length = 0;
            ok_ = varint(length) && length <= in_.size() - at_;
            if (!ok_) break;
            bytes_ = in_.subspan(at_, static_cast<std::size_t>(length));
            at_ += static_cast<std::size_t>(length);
            break;
        }
        default:
            ok_ = false;  // groups are gone since proto3
    }
    return ok_;
}

}  // namespace aftercare::agent
