// Whatever arrives on the down topic: decoded, acted upon, never harmful.
#include "tests/fuzz/agent/fuzzed_agent.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace aftercare;
    static fuzz::FuzzedAgent device{1024, 8};
    static const bool booted = device.boot();
    if (!booted) std::abort();
    Fault fault;
    fault.code = 18;
    fault.state = FaultState::occurred;
    static_cast<void>(device->fault(fault));
    const agent::State before = device->state();
    device->on_downlink({reinterpret_cast<const std::byte*>(data), size});
    device.now_ms += 10;
    device->poll();
    const agent::State after = device->state();
    // An acknowledgement never reaches beyond what was made, settings stay within their bounds.
    for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
        if (after.lanes[lane].acked_through >= after.lanes[lane].next_seq) std::abort();
        if (after.lanes[lane].acked_through < before.lanes[lane].acked_through) std::abort();
    }
    const agent::Settings settings = device->settings();
    if (settings.records_per_report < 1 || settings.records_per_report > kRecordsPerReportMax) {
        std::abort();
    }
    return 0;
}
