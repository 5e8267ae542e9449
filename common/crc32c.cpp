#include "common/crc32c.hpp"

namespace aftercare {
namespace {

// Remainders of the 16 nibbles for the reflected polynomial 0x82F63B78.
constexpr std::uint32_t kNibble[16] = {
    0x00000000, 0x105EC76F, 0x20BD8EDE, 0x30E349B1, 0x417B1DBC, 0x5125DAD3, 0x61C69362, 0x7198540D,
    0x82F63B78, 0x92A8FC17, 0xA24BB5A6, 0xB21572C9, 0xC38D26C4, 0xD3D3E1AB, 0xE330A81A, 0xF36E6F75};

}  // namespace

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t crc) {
    crc = ~crc;
    for (const std::byte byte : bytes) {
        crc ^= static_cast<std::uint32_t>(byte);
        crc = (crc >> 4) ^ kNibble[crc & 15U];
        crc = (crc >> 4) ^ kNibble[crc & 15U];
    }
    return ~crc;
}

std::uint32_t crc32c(const void* data, std::size_t size, std::uint32_t crc) {
    return crc32c(std::span{static_cast<const std::byte*>(data), size}, crc);
}

}  // namespace aftercare
