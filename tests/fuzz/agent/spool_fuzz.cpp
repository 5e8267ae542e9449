// Whatever a storage holds at power-on: the agent boots, keeps records, and boots again.
#include <algorithm>

#include "tests/fuzz/agent/fuzzed_agent.hpp"

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
    for (std::uint32_t i = 0; i < 12; ++i) {
        Fault fault;
        fault.code = i % 3;
        fault.state = FaultState::occurred;
        static_cast<void>(device->fault(fault));
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
    const agent::State middle = device->state();
    if (!device.boot()) std::abort();
    const agent::State second = device->state();
    if (second.stream_id != first.stream_id || second.boot <= first.boot) std::abort();
    for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
        if (second.lanes[lane].next_seq < middle.lanes[lane].next_seq) std::abort();
    }
    return 0;
}
