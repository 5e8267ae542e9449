// Any bytes on the `down` topic: the device's decoder and libprotobuf's agree on what they accept,
// and an agent that is fed them works on.
#include <algorithm>

#include "agent/core/wire_messages.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/unit/agent/appliance.hpp"

using namespace aftercare;

namespace {

// Whatever libprotobuf itself would write is read alike by the device. Of other bytes (fields
// twice, of another type, unknown ones) only this is asked: a decision, no harm.
void compare(std::span<const std::byte> bytes) {
    static proto::Codec codec;
    const auto ours = agent::decode_downlink(bytes);
    const auto theirs = codec.decode_downlink(bytes);
    if (!theirs) return;
    const std::string canonical = codec.encode_downlink(*theirs);
    if (!std::ranges::equal(bytes, std::as_bytes(std::span{canonical}))) return;
    AFTERCARE_ASSERT(ours.has_value());
    AFTERCARE_ASSERT(ours->index() == theirs->index());
    AFTERCARE_ASSERT(codec.encode_downlink(*ours) == canonical);
}

// One appliance takes everything, as in the field; a new one every so often bounds its history.
test::Appliance& appliance() {
    static std::unique_ptr<test::Appliance> device;
    static int taken = 0;
    if (!device || ++taken % 256 == 0) {
        device = std::make_unique<test::Appliance>(1024U, 8U);
        AFTERCARE_ASSERT(device->boot());
        device->run_for(std::chrono::seconds{1});
    }
    return *device;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span{data, size});
    compare(bytes);
    test::Appliance& device = appliance();
    const agent::State before = device->state();
    device->on_downlink(bytes);
    device->poll();
    const agent::State after = device->state();
    for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
        AFTERCARE_ASSERT(after.lanes[lane].next_seq >= before.lanes[lane].next_seq);
        AFTERCARE_ASSERT(after.lanes[lane].acked_through < after.lanes[lane].next_seq);
        AFTERCARE_ASSERT(after.lanes[lane].acked_through >= before.lanes[lane].acked_through);
    }
    const agent::Settings settings = device->settings();
    AFTERCARE_ASSERT(settings.records_per_report >= 1 &&
                     settings.records_per_report <= kRecordsPerReportMax);
    device.published.clear();
    device.log.clear();
    device.notices.clear();
    device.self_tests.clear();
    return 0;
}
