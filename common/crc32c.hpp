// CRC-32C (Castagnoli), the checksum of spool frames and of topic buckets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace aftercare {

/// Checksum of `bytes`, continued from `crc` (0 to start). crc32c("123456789") == 0xE3069283.
/// Cost: four bits at a time from a 64-byte table, small enough for a microcontroller.
/// Source: RFC 3720, appendix B.4.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t crc = 0);
std::uint32_t crc32c(const void* data, std::size_t size, std::uint32_t crc = 0);

}  // namespace aftercare
