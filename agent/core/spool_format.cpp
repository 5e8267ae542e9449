#include "agent/core/spool_format.hpp"

#include <bit>
#include <cstring>
#include <type_traits>

#include "common/crc32c.hpp"

namespace aftercare::agent {
namespace {

constexpr std::uint32_t kMagic = 0x31534341;  // "ACS1"
constexpr std::size_t kHeaderCrcAt = kSectorHeaderBytes - 4;

class Out {
  public:
    explicit Out(std::byte* at) : at_(at) {}
    void u32(std::uint32_t value) {
        for (int i = 0; i < 4; ++i) *at_++ = static_cast<std::byte>(value >> (8 * i));
    }

  private:
    std::byte* at_;
};

class In {
  public:
    explicit In(const std::byte* at) : at_(at) {}
    std::uint32_t u32() {
        std::uint32_t value = 0;
        for (int i = 0; i < 4; ++i) value |= static_cast<std::uint32_t>(*at_++) << (8 * i);
        return value;
    }

  private:
    const std::byte* at_;
};

std::uint32_t frame_crc(std::span<const std::byte> frame, std::uint32_t payload_bytes,
                        std::uint32_t generation) {
    // The crc itself lies at bytes 4 to 7.
    const std::uint32_t seeded = crc32c(frame.first(4), generation);
    return crc32c(frame.subspan(8, kFrameHeaderBytes - 8 + payload_bytes), seeded);
}

}  // namespace

// In memory as on storage: little-endian, no padding. Member by member it took ten times the code.
static_assert(std::endian::native == std::endian::little);
static_assert(std::has_unique_object_representations_v<SpoolState>);

void encode_state(const SpoolState& state, std::span<std::byte, kStateBytes> out) {
    std::memcpy(out.data(), &state, kStateBytes);
}

SpoolState decode_state(std::span<const std::byte, kStateBytes> in) {
    SpoolState state;
    std::memcpy(&state, in.data(), kStateBytes);
    state.reserved = 0;
    return state;
}

void encode_sector_header(const SectorHeader& header,
                          std::span<std::byte, kSectorHeaderBytes> out) {
    std::memset(out.data(), 0, out.size());
    Out to{out.data()};
    to.u32(kMagic);
    to.u32(header.generation);
    to.u32(header.order_first);
    to.u32(header.order_last);
    encode_state(header.state, out.subspan<16, kStateBytes>());
    Out{out.data() + kHeaderCrcAt}.u32(crc32c(out.first<kHeaderCrcAt>()));
}

bool decode_sector_header(std::span<const std::byte, kSectorHeaderBytes> in, SectorHeader& header) {
    In from{in.data()};
    if (from.u32() != kMagic) return false;
    if (In{in.data() + kHeaderCrcAt}.u32() != crc32c(in.first<kHeaderCrcAt>())) return false;
    header.generation = from.u32();
    header.order_first = from.u32();
    header.order_last = from.u32();
    header.state = decode_state(in.subspan<16, kStateBytes>());
    return true;
}

void seal_frame(const FrameHeader& header, std::uint32_t generation, std::span<std::byte> out) {
    const std::uint32_t total = frame_bytes(header.payload_bytes);
    const std::size_t end = kFrameHeaderBytes + header.payload_bytes;
    std::memset(out.data() + end, 0, total - end);
    Out{out.data()}.u32(header.payload_bytes | static_cast<std::uint32_t>(header.kind) << 16);
    Out{out.data() + 8}.u32(header.seq);
    Out{out.data() + 4}.u32(frame_crc(out, header.payload_bytes, generation));
}

bool plausible_frame(std::span<const std::byte> in, FrameHeader& header) {
    if (in.size() < kFrameHeaderBytes) return false;
    const std::uint32_t first = In{in.data()}.u32();
    header.payload_bytes = first & 0xFFFF;
    const std::uint32_t kind = first >> 16;
    if (header.payload_bytes == 0 || header.payload_bytes > kRecordBytesMax) return false;
    if (kind < static_cast<std::uint32_t>(FrameKind::fault) ||
        kind > static_cast<std::uint32_t>(FrameKind::state)) {
        return false;
    }
    header.kind = static_cast<FrameKind>(kind);
    header.seq = In{in.data() + 8}.u32();
    return true;
}

bool frame_intact(std::span<const std::byte> frame, std::uint32_t generation) {
    const std::uint32_t payload_bytes = In{frame.data()}.u32() & 0xFFFF;
    return In{frame.data() + 4}.u32() == frame_crc(frame, payload_bytes, generation);
}

bool blank(std::span<const std::byte> bytes) {
    for (const std::byte byte : bytes) {
        if (byte != std::byte{0xFF}) return false;
    }
    return true;
}

}  // namespace aftercare::agent
