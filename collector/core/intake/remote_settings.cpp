#include "collector/core/intake/remote_settings.hpp"

namespace aftercare::collector {

void RemoteSettings::load(const SettingsRow& row) {
    const DeviceSettings& s = row.settings;
    note_applied(row.device_no, s.applied_version);
    if (s.refused_version == 0) return;
    offers_[row.device_no] = {.refused_version = s.refused_version, .refusal = s.refusal};
}

bool RemoteSettings::note_refusals(DeviceNo device_no, const Report& report) {
    bool changed = false;
    if (report.header.lane != Lane::urgent) return changed;
    for (const Record& record : report.records) {
        const auto* event = std::get_if<Lifecycle>(&record.body);
        if (event == nullptr || event->kind != LifecycleKind::config_refused) continue;
        Offer& offer = offers_[device_no];
        if (offer.refused_version == event->config_version) continue;  // a resend
        offer.refused_version = event->config_version;
        offer.refusal = event->config_refusal;
        ++refused_;
        changed = true;
    }
    return changed;
}

bool RemoteSettings::note_applied(DeviceNo device_no, std::uint32_t version) {
    if (device_no >= applied_.size()) {
        if (version == 0) return false;
        applied_.resize(device_no + 1);
    }
    return std::exchange(applied_[device_no], version) != version;
}

bool RemoteSettings::offer(const DeviceEntry& device, const Step& step) {
    const ModelSettings& settings = device.model->settings;
    Offer& offer = offers_[device.info.no];
    const bool news = offer.version != settings.version;
    if (offer.refused_version == settings.version) {
        offer.version = settings.version;
        return news;
    }
    if (!news && step.now.instant - offer.at < kOfferEvery) return false;
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
    return news;
}

void RemoteSettings::on_report(const DeviceEntry& device, const Report& report, const Step& step) {
    if (device.model == nullptr || device.model->settings.version == 0) return;
    const std::uint32_t wanted = device.model->settings.version;
    const DeviceNo no = device.info.no;
    const std::uint32_t applied = report.header.config_version;
    bool changed = note_refusals(no, report);
    changed |= note_applied(no, applied);
    changed |= applied >= wanted ? offers_.erase(no) > 0 : offer(device, step);
    if (!changed) return;
    SettingsRow row{no, {.applied_version = applied, .wanted_version = wanted}};
    if (const auto behind = offers_.find(no); behind != offers_.end()) {
        row.settings.refused_version = behind->second.refused_version;
        row.settings.refusal = behind->second.refusal;
    }
    step.commit.settings.push_back(row);
}

}  // namespace aftercare::collector
