#include "agent/core/spool_format.hpp"

#include <bit>
#include <cstring>
#include <type_traits>

#include "common/crc32c.hpp"

namespace aftercare::agent {
namespace {

std::uint32_t header_crc(const SectorHeader& header) {
    return crc32c(&header, offsetof(SectorHeader, crc));
}

std::uint32_t frame_crc(std::span<const std::byte> frame, std::uint32_t payload_bytes,
                        std::uint32_t generation) {
    const std::uint32_t seeded = crc32c(frame.first(offsetof(FrameHeader, crc)), generation);
    constexpr std::size_t kBehindCrc = offsetof(FrameHeader, seq);
    return crc32c(frame.subspan(kBehindCrc, kFrameHeaderBytes - kBehindCrc + payload_bytes),
                  seeded);
}

}  // namespace

static_assert(std::endian::native == std::endian::little);
static_assert(std::has_unique_object_representations_v<SectorHeader>);
static_assert(std::has_unique_object_representations_v<FrameHeader>);

void seal(SectorHeader& header) {
    header.crc = header_crc(header);
}

bool intact(const SectorHeader& header) {
    return header.magic == SectorHeader{}.magic && header.crc == header_crc(header);
}

void seal_frame(FrameHeader header, std::uint32_t generation, std::span<std::byte> out) {
    const std::size_t end = kFrameHeaderBytes + header.payload_bytes;
    std::memset(out.data() + end, 0, frame_bytes(header.payload_bytes) - end);
    std::memcpy(out.data(), &header, kFrameHeaderBytes);
    header.crc = frame_crc(out, header.payload_bytes, generation);
    std::memcpy(out.data(), &header, kFrameHeaderBytes);
}

bool plausible_frame(std::span<const std::byte> in, FrameHeader& header) {
    if (in.size() < kFrameHeaderBytes) return false;
    std::memcpy(&header, in.data(), kFrameHeaderBytes);
    return header.payload_bytes > 0 && header.payload_bytes <= kRecordBytesMax &&
           header.reserved == 0 && header.kind >= FrameKind::fault &&
           header.kind <= FrameKind::settings;
}

bool frame_intact(const FrameHeader& header, std::span<const std::byte> frame,
                  std::uint32_t generation) {
    return header.crc == frame_crc(frame, header.payload_bytes, generation);
}

}  // namespace aftercare::agent
