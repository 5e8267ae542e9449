#include "collector/core/intake/remote_settings.hpp"

namespace aftercare::collector {

void RemoteSettings::note_refusals(DeviceNo device_no, const Report& report) {
    if (report.header.lane != Lane::urgent) return;
    for (const Record& record : report.records) {
        const auto* event = std::get_if<Lifecycle>(&record.body);
        if (event == nullptr || event->kind != LifecycleKind::config_refused) continue;
        Offer& offer = offers_[device_no];
        if (offer.refused_version == event->config_version) continue;  // a resend
        offer.refused_version = event->config_version;
        ++refused_;
    }
}

void RemoteSettings::on_report(const DeviceEntry& device, const Report& report, const Step& step) {
    if (device.model == nullptr) return;
    const ModelSettings& settings = device.model->settings;
    if (settings.version == 0) return;
    const DeviceNo no = device.info.no;
    note_refusals(no, report);
    if (report.header.config_version >= settings.version) {
        offers_.erase(no);
        return;
    }
    Offer& offer = offers_[no];
    if (offer.refused_version == settings.version) return;
    if (offer.version == settings.version && step.now.instant - offer.at < kOfferEvery) return;
    offer.version = settings.version;
    offer.at = step.now.instant;
    ++sent_;
    const auto telemetry =
        std::as_bytes(std::span{settings.telemetry_bytes.data(), settings.telemetry_bytes.size()});
    step.commit.publications.push_back({device.info.tenant, device.info.device_id,
                                        Config{.version = settings.version,
                                               .reading_window_s = settings.reading_window_s,
                                               .flush_delay_s = settings.flush_delay_s,
                                               .records_per_report = settings.records_per_report,
                                               .telemetry = telemetry}});
}

}  // namespace aftercare::collector
