#include "collector/core/intake/consent_queries.hpp"

#include "common/hash.hpp"

namespace aftercare::collector {

void ConsentQueries::on_report(const DeviceEntry& device, const Step& step) {
    const auto every_min =
        std::chrono::duration_cast<std::chrono::minutes>(settings_.consent_query_every);
    if (every_min.count() <= 0 || device.info.consent_epoch != 0) return;
    const DeviceNo no = device.info.no;
    if (no >= next_at_min_.size()) next_at_min_.resize(no + 1);
    const auto now_min =
        std::chrono::duration_cast<std::chrono::minutes>(step.now.instant.time_since_epoch());
    if (now_min.count() < next_at_min_[no]) return;
    next_at_min_[no] = static_cast<std::uint32_t>((now_min + every_min).count());
    ++count_;
    Hash64 request_id;
    request_id.add(device.info.tenant.view());
    request_id.add(device.info.device_id());
    request_id.add(static_cast<std::uint64_t>(unix_ms(step.now.wall)));
    step.commit.publications.push_back({std::string(device.info.tenant.view()),
                                        std::string{device.info.device_id()},
                                        ConsentQuery{request_id.value()}});
}

}  // namespace aftercare::collector
