// Whatever a storage holds at power-on: the agent boots, keeps records, and boots again.
#include <algorithm>

#include "agent/core/spool_format.hpp"
#include "common/crc32c.hpp"
#include "tests/fuzz/agent/fuzzed_agent.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using namespace aftercare;
using namespace aftercare::agent;

// Puts the checksums right that a mutation broke, so that odd contents get past them.
void seal(std::span<std::byte> sector) {
    for (std::size_t at = 0; at < data_offset(static_cast<std::uint32_t>(sector.size()));
         at += kSectorHeaderBytes) {
        const std::uint32_t crc = crc32c(sector.subspan(at, kSectorHeaderBytes - 4));
        std::memcpy(sector.data() + at + kSectorHeaderBytes - 4, &crc, sizeof crc);
    }
    std::uint32_t generation = 0;
    std::memcpy(&generation, sector.data() + 4, sizeof generation);
    std::size_t at = data_offset(static_cast<std::uint32_t>(sector.size()));
    FrameHeader frame;
    while (at < sector.size() && plausible_frame(sector.subspan(at), frame)) {
        const std::uint32_t total = frame_bytes(frame.payload_bytes);
        if (at + total > sector.size()) break;
        seal_frame(frame, generation, sector.subspan(at, total));
        at += total;
    }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
    const std::size_t mutated = LLVMFuzzerMutate(data, size, max_size);
    // Half of the inputs keep their broken checksums: recovery must step over those too.
    if (mutated == 0 || seed % 2 == 0) return mutated;
    const std::size_t sector_bytes = (data[0] & 1) != 0 ? 2048 : 512;
    for (std::size_t at = 1; at + sector_bytes <= mutated; at += sector_bytes) {
        seal({reinterpret_cast<std::byte*>(data + at), sector_bytes});
    }
    return mutated;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace aftercare;
    if (size == 0) return 0;
    // The first byte chooses the geometry: with one header a sector, or with two.
    const bool large = (data[0] & 1) != 0;
    fuzz::FuzzedAgent device{large ? 2048U : 512U, 4};
    std::memcpy(device.bytes.data(), data + 1, std::min(size - 1, device.bytes.size()));
    // Storage full of seqs or boots at the end of their range may refuse; it must not fail
    // otherwise.
    if (!device.boot()) return 0;
    const agent::State first = device->state();
    Seq durable = 0;
    for (std::uint32_t i = 0; i < 12; ++i) {
        Fault fault;
        fault.code = i % 3;
        fault.state = FaultState::occurred;
        const auto accepted = device->fault(fault);
        if (accepted && accepted->durable) durable = accepted->seq;
        Usage usage;
        usage.duration_s = i;
        static_cast<void>(device->usage(usage));
    }
    device.online = true;
    device->poll();
    device->on_connected();
    for (int i = 0; i < 40; ++i) {
        device.now_ms += 30'000;
        device->poll();
    }
    const Seq acked = device->state().lanes[index(Lane::urgent)].acked_through;
    if (!device.boot()) std::abort();
    const agent::State second = device->state();
    if (second.stream_id != first.stream_id || second.boot <= first.boot) std::abort();
    const agent::LaneState& urgent = second.lanes[index(Lane::urgent)];
    if (urgent.next_seq <= durable || urgent.acked_through < acked) std::abort();
    return 0;
}
