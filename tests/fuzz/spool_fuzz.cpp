// Any bytes in the flash: recovery ends, with bounded work, in an agent that keeps what it is given
// next. First byte: bit 0 seals every checksum anew, so that hostile content gets past them.
#include <cstring>

#include "agent/core/spool.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/unit/agent/appliance.hpp"

using namespace aftercare;
using namespace aftercare::agent;

namespace {

constexpr std::uint32_t kSectorBytes = 512;
constexpr std::uint32_t kSectorCount = 8;
constexpr std::size_t kImageBytes = std::size_t{kSectorBytes} * kSectorCount;
// Recovery reads each sector once, and at most four again: the newest when it knew more than its
// header, the oldest when damage left no sector free, two that may hold the settings.
constexpr std::size_t kRecoveryBytesMax = kImageBytes + std::size_t{4} * kSectorBytes;
// Room for the boot's records is made once, as for any record in a full spool. One sector is free
// and the head is not rewritten, so a look for room reads at most two sectors less than there are;
// it is done for each of the six levels of loss, the last one copies two sectors, and before faults
// are dropped the log is read for those in the middle of their code's.
constexpr std::size_t kMakeRoomBytesMax =
    std::size_t{kSectorBytes} * (6 * (kSectorCount - 2) + 2 + kSectorCount - 1);

void seal(std::span<std::byte> sector) {
    SectorHeader header;
    std::memcpy(&header, sector.data(), sizeof header);
    agent::seal(header);
    std::memcpy(sector.data(), &header, sizeof header);
    if (!intact(header)) return;
    for (std::size_t at = data_offset(kSectorBytes); at < kSectorBytes;) {
        FrameHeader frame;
        const auto rest = sector.subspan(at);
        if (!plausible_frame(rest, frame) || frame_bytes(frame.payload_bytes) > rest.size()) {
            at += kFrameAlignment;
            continue;
        }
        seal_frame(frame, header.generation, rest.first(frame_bytes(frame.payload_bytes)));
        at += frame_bytes(frame.payload_bytes);
    }
}

void load(MemoryStorage& storage, std::span<const std::byte> input) {
    std::vector<std::byte> image(kImageBytes, std::byte{0xFF});
    const auto bytes = input.subspan(1, std::min(input.size() - 1, kImageBytes));
    std::copy(bytes.begin(), bytes.end(), image.begin());
    const bool reseal = (input[0] & std::byte{1}) != std::byte{0};
    const StoragePort port = storage.port();
    for (std::uint32_t sector = 0; sector < kSectorCount; ++sector) {
        const auto part = std::span{image}.subspan(sector * kSectorBytes, kSectorBytes);
        if (reseal) seal(part);
        AFTERCARE_ASSERT(port.program(port.context, sector, 0, part));
    }
}

void check_recovery(std::span<const std::byte> input) {
    MemoryStorage storage{kSectorBytes, kSectorCount};
    load(storage, input);
    std::array<Sector, kSectorCount> sectors;
    std::array<std::uint16_t, kSectorCount> log{};
    std::array<FaultIndex::Entry, 4> faults{};
    std::array<std::byte, kWindowBytes> window{};
    std::array<std::byte, kFrameBytesMax> frame{};
    const StoragePort port = storage.port();
    Spool spool{port, {sectors, log, faults, window, frame}};
    static_cast<void>(spool.open(7));
    AFTERCARE_ASSERT(storage.read_bytes() <= kRecoveryBytesMax);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    check_recovery(std::as_bytes(std::span{data, size}));
    test::Appliance device{kSectorBytes, kSectorCount};
    load(device.storage, std::as_bytes(std::span{data, size}));
    const std::uint64_t programmed_before = device.storage.programmed_bytes();
    if (!device.boot()) return 0;
    AFTERCARE_ASSERT(device.storage.read_bytes() <= kRecoveryBytesMax + kMakeRoomBytesMax);
    AFTERCARE_ASSERT(device.storage.programmed_bytes() - programmed_before <= 2 * kImageBytes);

    const auto accepted = device->fault(test::fault(18));
    for (int i = 0; i < 20; ++i) {
        if (!device->reading(test::reading(static_cast<float>(i)))) break;
    }
    device.run_for(std::chrono::seconds{2});
    const State before = device->state();
    device.ack(before.lanes[0].next_seq - 1, before.lanes[1].next_seq - 1);
    device.run_for(std::chrono::seconds{2});
    if (!device.boot()) return 0;
    const State after = device->state();
    // Sealed lies (a state that says its newest seq is its last) may cost seqs; damage may not.
    const bool sealed = (data[0] & 1) != 0;
    AFTERCARE_ASSERT(sealed || after.stream_id == before.stream_id);
    AFTERCARE_ASSERT(sealed || !accepted || after.lanes[0].next_seq > accepted->seq);
    return 0;
}
