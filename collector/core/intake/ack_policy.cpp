#include "collector/core/intake/ack_policy.hpp"

#include <algorithm>

namespace aftercare::collector {

void AckPolicy::make_due(DeviceEntry& device) {
    if (device.ack.due) return;
    device.ack.due = true;
    due_.push_back(&device);
}

void AckPolicy::applied(DeviceEntry& device, std::uint64_t stream_id, bool ack_now, Instant now) {
    AckState& ack = device.ack;
    ack.stream_id = stream_id;
    ++ack.reports;
    if (ack_now || !ack.greeted || ack.reports >= settings_.ack_reports_lazy) {
        make_due(device);
    } else if (!ack.waiting) {
        ack.waiting = true;
        waiting_.push_back({&device, now});
    }
}

void AckPolicy::repeated(DeviceEntry& device, std::uint64_t stream_id) {
    device.ack.stream_id = stream_id;
    make_due(device);
}

void AckPolicy::release_oldest() {
    DeviceEntry& device = *waiting_.front().device;
    waiting_.pop_front();
    device.ack.waiting = false;
    if (device.ack.reports > 0) make_due(device);
}

void AckPolicy::on_tick(Instant now) {
    while (!waiting_.empty() && due_.size() < kAcksPerTickMax &&
           now - waiting_.front().since >= settings_.ack_delay_lazy) {
        release_oldest();
    }
}

void AckPolicy::flush() {
    while (!waiting_.empty()) release_oldest();
}

void AckPolicy::finish(Commit& commit) {
    for (DeviceEntry* device : due_) {
        AckState& ack = device->ack;
        ack.due = false;
        ack.greeted = true;
        ack.reports = 0;
        const auto stream =
            std::find_if(device->streams.begin(), device->streams.end(),
                         [&](const StreamEntry& s) { return s.id == ack.stream_id; });
        if (stream == device->streams.end()) continue;
        commit.publications.push_back(
            {device->info.tenant, std::string{device->info.device_id()},
             Ack{.stream_id = stream->id, .through = stream->high_water}});
        ++count_;
    }
    due_.clear();
}

}  // namespace aftercare::collector
