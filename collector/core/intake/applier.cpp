#include "collector/core/intake/applier.hpp"

#include <algorithm>

namespace aftercare::collector {

void Applier::declare_gap(const DeviceEntry& device, const StreamEntry& stream, Lane lane,
                          SeqSpan lost, std::uint64_t declared, WallTime received_at,
                          Commit& commit) {
    const std::uint64_t count = lost.last - lost.first + 1;
    totals_.gap_records += count;
    forgotten_ += count - std::min(count, declared);
    commit.gaps.push_back({device.info.no, stream.id, lane, lost.first, lost.last, received_at});
}

void Applier::take_consent(DeviceEntry& device, std::uint32_t epoch, std::uint32_t purposes) {
    if (epoch < device.info.consent_epoch) return;
    device.info.consent_epoch = epoch;
    device.info.consent_purposes = purposes & kAllPurposes;
}

void Applier::take_header(DeviceEntry& device, StreamEntry& stream, const Report& report,
                          WallTime received_at) {
    const ReportHeader& header = report.header;
    KnownDevice& info = device.info;
    registry_.touch(device);
    if (!info.first_seen_at) info.first_seen_at = received_at;
    info.last_seen_at = std::max(info.last_seen_at.value_or(received_at), received_at);
    if (!header.firmware.empty()) registry_.set_firmware(device, header.firmware.view());
    take_consent(device, header.consent_epoch, header.consent_purposes);
    stream.work->time_line.learn(report, received_at, info.installed_at);
    stream.last_at = received_at;
    stream.dirty = true;
}

void Applier::part_replaced(DeviceEntry& device, std::string_view component, WallTime at) {
    registry_.touch(device);
    if (component.empty() && device.model != nullptr) {
        for (const ComponentInfo& part : device.model->components) {
            part_replaced(device, part.name, at);
        }
        return;
    }
    if (component.empty()) return;
    DeviceWork& work = device.awake();
    world_.detector.part_replaced(work.detection, component, at);
    auto& lives = work.part_lives;
    const auto known = std::find_if(lives.begin(), lives.end(),
                                    [&](const auto& life) { return life.first == component; });
    if (known != lives.end()) {
        known->second = std::max(known->second, at);
    } else if (lives.size() < kPartLivesMax) {
        lives.emplace_back(component, at);
    }
}

void Applier::take_lifecycle(DeviceEntry& device, const Lifecycle& event, WallTime occurred_at) {
    if (event.kind == LifecycleKind::consent_changed) {
        take_consent(device, event.consent_epoch, event.consent_purposes);
    } else if (event.kind == LifecycleKind::part_replaced && device.model != nullptr) {
        if (const auto* part = device.model->component(event.component_id)) {
            part_replaced(device, part->name, occurred_at);
        }
    }
}

void Applier::apply(DeviceEntry& device, StreamEntry& stream, const Report& report,
                    std::string_view bytes, WallTime received_at, Commit& commit,
                    std::vector<Detection>& detections) {
    const Lane lane = report.header.lane;
    LaneWork& work = stream.work->lanes[index(lane)];
    take_header(device, stream, report, received_at);

    DetectState& detection = device.awake().detection;
    // The lane that brings readings says what they were read under.
    const std::string_view firmware =
        lane == Lane::bulk ? report.header.firmware.view() : std::string_view{};
    world_.detector.describe(detection, {firmware, device.info.installed_at});
    RawReport raw{.device_no = device.info.no, .stream_id = stream.id, .lane = lane};
    raw.received_at = received_at;
    const bool heard = listener_ != nullptr && listener_->listens(device.info.no);
    for (const Record& record : report.records) {
        if (record.seq <= work.intake.high_water()) {
            ++totals_.duplicate_records;
            continue;
        }
        if (const auto hole = work.intake.advance(record.seq, record.seq)) {
            declare_gap(device, stream, lane, *hole, record.gap_before, received_at, commit);
        }
        const Moment moment = stream.work->time_line.place(lane, record, received_at);
        if (raw.record_count++ == 0) {
            raw.first_seq = record.seq;
            raw.t0 = moment.at;
        }
        if (const auto* fault = std::get_if<Fault>(&record.body)) {
            commit.faults.push_back({device.info.no, stream.id, record.seq, fault->code,
                                     fault->state, fault->occurrences, moment.at, moment.error_ms,
                                     received_at});
        } else if (const auto* event = std::get_if<Lifecycle>(&record.body)) {
            take_lifecycle(device, *event, moment.at);
        }
        if (heard) listener_->saw(device.info.no, record, moment.at);
        world_.detector.observe(detection, record, moment.at, detections);
    }
    melted_ += world_.detector.take_melted(detection);
    raw.last_seq = report.records.back().seq;
    raw.bytes = bytes;
    work.note(report.records.back());
    stream.high_water[index(lane)] = work.intake.high_water();
    totals_.records += raw.record_count;
    commit.raw.push_back(std::move(raw));
}

}  // namespace aftercare::collector
