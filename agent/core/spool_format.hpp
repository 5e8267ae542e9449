// Bytes of the spool as docs/spool-format.md describes them: sector headers, frames, and the state
// they carry. All numbers little-endian; everything aligned to 8 bytes, so that flash which
// programs whole double words can hold it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "agent/core/wire_messages.hpp"
#include "common/telemetry.hpp"

namespace aftercare::agent {

/// A seq as stored: 32 bits last 136 years at one record a second.
using SpoolSeq = std::uint32_t;
inline constexpr SpoolSeq kSpoolSeqMax = UINT32_MAX - 1;
/// Boots, serials, generations and orders end here, with room to finish what was begun. No flash
/// lives that long; a forged storage may claim it.
inline constexpr std::uint32_t kSpoolCounterMax = UINT32_MAX - 0x10000;

/// What a frame holds. The numbers are on flash: never reused.
enum class FrameKind : std::uint8_t {
    fault = 1,
    reading,
    usage,
    lifecycle,
    self_test,
    state,
    settings
};
inline constexpr std::size_t kFrameKindCount = 8;  ///< array size for indexing by kind

/// False of the agent's own frames, which belong to no lane.
constexpr bool is_record(FrameKind kind) {
    return kind < FrameKind::state;
}
constexpr RecordClass class_of(FrameKind kind) {
    switch (kind) {
        case FrameKind::fault:
            return RecordClass::fault;
        case FrameKind::reading:
            return RecordClass::reading;
        case FrameKind::usage:
            return RecordClass::usage;
        default:
            return RecordClass::lifecycle;
    }
}
constexpr Lane lane_of(FrameKind kind) {
    return lane_of(class_of(kind));
}
constexpr std::size_t index(RecordClass record_class) {
    return static_cast<std::size_t>(record_class);
}
constexpr std::uint8_t bit(FrameKind kind) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(kind));
}

/// Everything that must outlive a reboot beside the records. The newest serial wins; boot, seqs and
/// dropped only grow.
struct SpoolState {
    std::uint64_t stream_id = 0;
    std::uint32_t serial = 0;
    std::uint32_t boot = 0;
    std::array<SpoolSeq, kLaneCount> next_seq{1, 1};
    std::array<SpoolSeq, kLaneCount> acked{};
    std::array<std::uint32_t, kRecordClassCount> dropped{};
    std::uint32_t firmware_crc = 0;
    std::uint32_t consent_epoch = 0;
    std::uint32_t consent_purposes = 0;
    std::uint32_t config_version = 0;
    std::uint32_t reading_window_s = 0;
    std::uint32_t flush_delay_s = 0;
    std::uint32_t records_per_report = 0;
    /// Sectors whose order lies in [void_first, void_last] hold nothing any more; 0 = none.
    std::uint32_t void_first = 0;
    std::uint32_t void_last = 0;
    std::uint32_t settings_version = 0;  ///< seq of the settings frame in force; 0 = none
};

inline constexpr std::size_t kStateBytes = 88;
static_assert(sizeof(SpoolState) == kStateBytes);

/// As it lies on storage, like everything here: little-endian, no padding.
struct SectorHeader {
    std::uint32_t magic = 0x31534341;  ///< "ACS1"
    std::uint32_t generation = 0;      ///< grows with every header written; newer wins
    std::uint32_t order_first = 0;  ///< place in the log; a compacted sector takes several places
    std::uint32_t order_last = 0;
    SpoolState state;
    std::uint32_t reserved = 0;
    std::uint32_t crc = 0;
};
inline constexpr std::size_t kSectorHeaderBytes = 112;
static_assert(sizeof(SectorHeader) == kSectorHeaderBytes);

struct FrameHeader {
    std::uint16_t payload_bytes = 0;
    FrameKind kind = FrameKind::state;
    std::uint8_t reserved = 0;
    std::uint32_t crc = 0;
    SpoolSeq seq = 0;
};
inline constexpr std::size_t kFrameHeaderBytes = 12;
static_assert(sizeof(FrameHeader) == kFrameHeaderBytes);

inline constexpr std::uint32_t kFrameAlignment = 8;

/// Header, payload and at least one zero byte: a frame whose last byte is still blank was torn.
constexpr std::uint32_t frame_bytes(std::size_t payload_bytes) {
    return static_cast<std::uint32_t>((kFrameHeaderBytes + payload_bytes + kFrameAlignment) &
                                      ~static_cast<std::size_t>(kFrameAlignment - 1));
}
inline constexpr std::uint32_t kFrameBytesMax = frame_bytes(kRecordBytesMax);
inline constexpr std::uint32_t kStateFrameBytes = frame_bytes(kStateBytes);

/// Large sectors carry their header twice, so that one flipped bit cannot hide a whole sector.
constexpr std::uint32_t data_offset(std::uint32_t sector_bytes) {
    return kSectorHeaderBytes * (sector_bytes >= 2048 ? 2 : 1);
}

/// Sets the checksum.
void seal(SectorHeader& header);
[[nodiscard]] bool intact(const SectorHeader& header);

/// Writes header and padding around the payload that already lies at out[kFrameHeaderBytes].
/// The checksum covers the sector's generation: a frame left over from an earlier life is no frame.
void seal_frame(FrameHeader header, std::uint32_t generation, std::span<std::byte> out);
/// True when the numbers could be a frame; the checksum is another matter.
bool plausible_frame(std::span<const std::byte> in, FrameHeader& header);
/// Pre: plausible and complete.
bool frame_intact(const FrameHeader& header, std::span<const std::byte> frame,
                  std::uint32_t generation);

}  // namespace aftercare::agent
