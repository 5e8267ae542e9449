#include "collector/core/intake/remote_settings.hpp"

namespace aftercare::collector {

RemoteSettings::Standing& RemoteSettings::standing(DeviceNo device_no) {
    if (device_no >= standings_.size()) standings_.resize(device_no + std::size_t{1});
    return standings_[device_no];
}

void RemoteSettings::load(const SettingsRow& row) {
    const DeviceSettings& s = row.settings;
    Standing& loaded = standing(row.device_no);
    loaded.applied_version = s.applied_version;
    loaded.refused_version = s.refused_version;
    loaded.refusal = s.refusal;
}

bool RemoteSettings::note_refusals(Standing& standing, const Report& report) {
    bool changed = false;
    if (report.header.lane != Lane::urgent) return changed;
    for (const Record& record : report.records) {
        const auto* event = std::get_if<Lifecycle>(&record.body);
        if (event == nullptr || event->kind != LifecycleKind::config_refused) continue;
        if (standing.refused_version == event->config_version) continue;  // a resend
        standing.refused_version = event->config_version;
        standing.refusal = event->config_refusal;
        ++refused_;
        changed = true;
    }
    return changed;
}

bool RemoteSettings::catch_up(Standing& standing) {
    const bool was_behind = standing.offered_version != 0 || standing.refused_version != 0;
    standing = {.applied_version = standing.applied_version};
    return was_behind;
}

bool RemoteSettings::offer(Standing& standing, const DeviceEntry& device, const Step& step) {
    const ModelSettings& settings = device.model->settings;
    const bool news = std::exchange(standing.offered_version, settings.version) != settings.version;
    if (standing.refused_version == settings.version) return news;
    const auto now = std::chrono::floor<std::chrono::seconds>(step.now.instant.time_since_epoch());
    if (!news && now - std::chrono::seconds{standing.offered_at_s} < kOfferEvery) return false;
    standing.offered_at_s = static_cast<std::int32_t>(now.count());
    ++sent_;
    const auto telemetry =
        std::as_bytes(std::span{settings.telemetry_bytes.data(), settings.telemetry_bytes.size()});
    step.commit.publications.push_back({device.info.tenant, std::string{device.info.device_id()},
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
    const std::uint32_t applied = report.header.config_version;
    Standing& stands = standing(device.info.no);
    bool changed = note_refusals(stands, report);
    changed |= std::exchange(stands.applied_version, applied) != applied;
    changed |= applied >= wanted ? catch_up(stands) : offer(stands, device, step);
    if (!changed) return;
    step.commit.settings.push_back({device.info.no,
                                    {.applied_version = applied,
                                     .wanted_version = wanted,
                                     .refused_version = stands.refused_version,
                                     .refusal = stands.refusal}});
}

}  // namespace aftercare::collector
