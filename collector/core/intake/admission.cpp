#include "collector/core/intake/admission.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace aftercare::collector {
namespace {

// The codec checks most of this already; the engine's own invariants do not rest on it.
std::optional<Refusal> sequence_fault(const Report& report) {
    const auto bad = [](std::string detail) {
        return Refusal{RefusalReason::bad_seq, std::move(detail)};
    };
    const ReportHeader& header = report.header;
    if (report.records.size() > kRecordsPerReportMax) {
        return Refusal{RefusalReason::too_many_records, "at most 256 records a report"};
    }
    if (header.first_seq == 0 || header.oldest_seq == 0 || header.oldest_seq > header.first_seq) {
        return bad("expected 1 <= oldest_seq <= first_seq");
    }
    if (report.records.empty()) {
        if (header.first_seq == header.oldest_seq && header.first_seq > 1 &&
            header.first_seq <= kSeqMax) {
            return std::nullopt;
        }
        return bad("without records expected 2 <= oldest_seq = first_seq, at most 2^53");
    }
    if (report.records.front().gap_before >= header.first_seq) {
        return bad("gap_before reaches before the first seq");
    }
    Seq expected = header.first_seq;
    for (std::size_t i = 0; i < report.records.size(); ++i) {
        const Record& record = report.records[i];
        if (i > 0) expected += record.gap_before + Seq{1};
        if (record.seq != expected || expected > kSeqMax) {
            return bad("record " + std::to_string(i) + " has seq " + std::to_string(record.seq) +
                       ", expected " + std::to_string(expected) + ", at most 2^53");
        }
        if (std::max(record.uptime_ms, header.uptime_ms) > kUptimeMsMax) {
            return Refusal{RefusalReason::bad_time, "up for more than 100 years"};
        }
        if (i > 0 && record.boot < report.records[i - 1].boot) {
            return Refusal{RefusalReason::bad_time, "boot numbers fall within a report"};
        }
    }
    return std::nullopt;
}

// The record that was applied under a seq is the record for ever.
std::optional<Refusal> clone_fault(const LaneWork& lane, const Report& report) {
    const auto conflict = [](const Record& record, const Checkpoint& known) {
        return Refusal{
            RefusalReason::identity_conflict,
            "seq " + std::to_string(record.seq) + " says boot " + std::to_string(record.boot) +
                ", uptime " + std::to_string(record.uptime_ms) + " ms; seq " +
                std::to_string(known.seq) + " of the same stream said boot " +
                std::to_string(known.boot) + ", uptime " + std::to_string(known.uptime_ms) +
                " ms: two devices share this id; give one of them another"};
    };
    const ReportHeader& header = report.header;
    const Seq first = header.first_seq;
    const Seq last = last_of(report);
    for (const Checkpoint& known : lane.checkpoints) {
        if (known.seq == 0 || known.seq < first || known.seq > last) continue;
        const auto same = std::lower_bound(report.records.begin(), report.records.end(), known.seq,
                                           [](const Record& r, Seq seq) { return r.seq < seq; });
        if (same->seq == known.seq &&
            (same->boot != known.boot || same->uptime_ms != known.uptime_ms)) {
            return conflict(*same, known);
        }
    }
    const Record newest =
        report.records.empty()
            ? Record{.seq = last, .boot = header.boot, .uptime_ms = header.uptime_ms}
            : report.records.back();
    if (last > lane.intake.high_water() && newest.boot < lane.last().boot) {
        return conflict(newest, lane.last());
    }
    return std::nullopt;
}

}  // namespace

void Admission::refuse(const Refusal& refusal, std::string_view tenant, std::string_view device_id,
                       std::string_view bytes, const Step& step) {
    const TopicText topic = format_topic(tenant, device_id, Leg::up);
    quarantine_.add(refusal, topic, bytes, step);
}

DeviceEntry* Admission::identify(std::string_view tenant, std::string_view device_id,
                                 const Report& report, std::string_view bytes, const Step& step) {
    if (report.header.device_id.view() != device_id) {
        refuse({RefusalReason::device_mismatch, "payload names another device than the topic"},
               tenant, device_id, bytes, step);
        return nullptr;
    }
    if (DeviceEntry* device = registry_.find(tenant, device_id)) return device;
    if (!registry_.knows_tenant(tenant)) {
        refuse({RefusalReason::unknown_tenant, "tenant is not in the collector's configuration"},
               tenant, device_id, bytes, step);
        return nullptr;
    }
    if (!world_.settings.open_enrolment) {
        refuse({RefusalReason::unknown_device,
                "register it (POST /api/v1/devices) or allow open enrolment"},
               tenant, device_id, bytes, step);
        return nullptr;
    }
    return &registry_.enrol(tenant, device_id, report.header.model);
}

void Admission::start_work(DeviceEntry& device, StreamEntry& stream) {
    const auto working = std::count_if(device.streams.begin(), device.streams.end(),
                                       [](const StreamEntry& s) { return s.work != nullptr; });
    if (working >= static_cast<std::ptrdiff_t>(kWorkingStreamsMax)) {
        StreamEntry* stalest = nullptr;
        for (StreamEntry& other : device.streams) {
            if (other.work && (stalest == nullptr || other.last_at < stalest->last_at)) {
                stalest = &other;
            }
        }
        for (const LaneWork& lane : stalest->work->lanes) {
            waiting_count_ -= lane.intake.waiting_count();
            counts_.overflow += lane.intake.waiting_count();
        }
        stalest->work.reset();
        ++counts_.streams_parked;
    }
    stream.work = std::make_unique<StreamWork>();
    for (std::size_t i = 0; i < kLaneCount; ++i) {
        stream.work->lanes[i].intake = LaneIntake{stream.high_water[i]};
    }
}

// Null when the device has had more streams than any sane one.
StreamEntry* Admission::enter_stream(DeviceEntry& device, std::uint64_t stream_id) {
    for (auto known = device.streams.rbegin(); known != device.streams.rend(); ++known) {
        if (known->id != stream_id) continue;
        if (!known->work) start_work(device, *known);
        return &*known;
    }
    if (device.streams.size() >= kStreamsPerDeviceMax) return nullptr;
    ++counts_.streams_begun;
    StreamEntry& fresh = device.streams.emplace_back();
    fresh.id = stream_id;
    fresh.dirty = true;  // the stored state names it, so its marks must be stored as well
    start_work(device, fresh);
    return &fresh;
}

// False while the stream must not speak. A new stream follows on a factory reset; an older one that
// comes back with something new was in flight, or belongs to a second device.
bool Admission::take_turn(DeviceEntry& device, const StreamEntry& stream, WallTime now) {
    TurnTaking& turns = device.awake().turns;
    if (stream.id == turns.refused_stream) {
        const bool older_talks = std::any_of(
            device.streams.begin(), device.streams.end(), [&](const StreamEntry& other) {
                return other.id != stream.id && now - other.last_at < kConflictSilence;
            });
        if (older_talks) return false;
        turns = {.active_stream = stream.id};
        return true;
    }
    if (stream.id == turns.active_stream) return true;
    const bool returning = stream.high_water[0] + stream.high_water[1] > 0;
    const std::uint64_t before = std::exchange(turns.active_stream, stream.id);
    if (!returning) return true;
    if (now - turns.since > kStreamReturnsWindow) {
        turns.since = now;
        turns.returns = 0;
    }
    if (++turns.returns <= kStreamReturnsMax) return true;
    const auto younger =
        std::find_if(device.streams.rbegin(), device.streams.rend(),
                     [&](const StreamEntry& s) { return s.id == before || s.id == stream.id; });
    turns.refused_stream = younger->id;
    registry_.touch(device);
    return stream.id != turns.refused_stream;
}

void Admission::keep(LaneIntake& lane, const Report& report, std::string_view bytes, WallTime now) {
    if (waiting_count_ >= world_.settings.reorder_reports_total_max) {
        ++counts_.overflow;
        return;
    }
    bool displaced = false;
    const auto kept = lane.keep({report, std::string{bytes}, now},
                                world_.settings.reorder_reports_max, &displaced);
    if (kept == LaneIntake::Kept::known) totals_.duplicate_records += report.records.size();
    if (kept == LaneIntake::Kept::dropped || displaced) ++counts_.overflow;
    if (kept == LaneIntake::Kept::kept && !displaced) ++waiting_count_;
}

// The stream of an acceptable report, or null after refusing it.
StreamEntry* Admission::vet(DeviceEntry& device, const Report& report, std::string_view bytes,
                            const Step& step) {
    const KnownDevice& info = device.info;
    StreamEntry* stream = enter_stream(device, report.header.stream_id);
    if (stream == nullptr) {
        refuse({RefusalReason::identity_conflict, "more than 64 streams under one device id"},
               info.tenant, info.device_id(), bytes, step);
        return nullptr;
    }
    const LaneWork& lane = stream->work->lanes[index(report.header.lane)];
    const Seq last = last_of(report);
    if (const auto fault = clone_fault(lane, report)) {
        refuse(*fault, info.tenant, info.device_id(), bytes, step);
        return nullptr;
    }
    if (last > lane.intake.high_water() + kGapRecordsMax) {
        refuse({RefusalReason::bad_seq, "jumps further ahead than 2^32 records"}, info.tenant,
               info.device_id(), bytes, step);
        return nullptr;
    }
    const bool brings_news = last > lane.intake.high_water();
    if (brings_news && !take_turn(device, *stream, step.now.wall)) {
        refuse({RefusalReason::identity_conflict,
                "two streams take turns under this id: two devices share it; give one of them "
                "another"},
               info.tenant, info.device_id(), bytes, step);
        return nullptr;
    }
    return stream;
}

// The mark moves past what the device said is lost.
void Admission::pass_hole(DeviceEntry& device, StreamEntry& stream, Lane lane,
                          std::uint64_t declared, const Step& step) {
    LaneIntake& intake = stream.work->lanes[index(lane)].intake;
    const auto lost = intake.take_declared_hole();
    if (!lost) return;
    applier_.declare_gap(device, stream, lane, *lost, declared, step.now.wall, step.commit);
    stream.high_water[index(lane)] = intake.high_water();
    stream.dirty = true;
    registry_.touch(device);
}

void Admission::set_aside(DeviceEntry& device, StreamEntry& stream, const Report& report,
                          std::string_view bytes, const Step& step) {
    const Lane lane = report.header.lane;
    LaneIntake& intake = stream.work->lanes[index(lane)].intake;
    keep(intake, report, bytes, step.now.wall);
    pass_hole(device, stream, lane, 0, step);
}

// Applies what waited for its turn. True when there was any, with `*ack_now` set if one asked for
// it.
bool Admission::drain(DeviceEntry& device, StreamEntry& stream, Lane lane, bool* ack_now,
                      const Step& step, std::vector<Detection>& detections) {
    LaneIntake& intake = stream.work->lanes[index(lane)].intake;
    bool applied = false;
    while (const auto ready = intake.take_ready()) {
        --waiting_count_;
        if (ready->report.records.back().seq <= intake.high_water()) {
            totals_.duplicate_records += ready->report.records.size();
            continue;
        }
        *ack_now |= ready->report.header.ack_now;
        applied = true;
        applier_.apply(device, stream, ready->report, ready->bytes, ready->received_at, step.commit,
                       detections);
    }
    return applied;
}

// A report of no records: all before its seq is lost, but for what waits here. True when records
// that waited were applied.
bool Admission::take_lost_end(DeviceEntry& device, StreamEntry& stream, const Report& report,
                              const Step& step, std::vector<Detection>& detections) {
    const Lane lane = report.header.lane;
    if (!stream.work->lanes[index(lane)].intake.note_lost(report)) {
        acks_.repeated(device, stream.id);
        return false;
    }
    bool ack_now = report.header.ack_now;
    applier_.take_header(device, stream, report, step.now.wall);
    const bool applied = drain(device, stream, lane, &ack_now, step, detections);
    pass_hole(device, stream, lane, kGapRecordsMax, step);
    acks_.applied(device, stream.id, ack_now, step.now.instant);
    return applied;
}

DeviceEntry* Admission::on_report(std::string_view tenant, std::string_view device_id,
                                  const Report& report, std::string_view bytes, const Step& step,
                                  std::vector<Detection>& detections) {
    if (const auto fault = sequence_fault(report)) {
        refuse(*fault, tenant, device_id, bytes, step);
        return nullptr;
    }
    DeviceEntry* device = identify(tenant, device_id, report, bytes, step);
    if (device == nullptr) return nullptr;
    registry_.wake(*device);
    StreamEntry* stream = vet(*device, report, bytes, step);
    if (stream == nullptr) return nullptr;

    ++totals_.reports;
    if (report.records.empty()) {
        return take_lost_end(*device, *stream, report, step, detections) ? device : nullptr;
    }
    const Lane lane = report.header.lane;
    LaneIntake& intake = stream->work->lanes[index(lane)].intake;
    const bool overlaps = report.header.first_seq <= intake.high_water();
    bool ack_now = report.header.ack_now || overlaps;
    bool applied = false;
    switch (intake.judge(report)) {
        case LaneIntake::Verdict::duplicate:
            totals_.duplicate_records += report.records.size();
            ++counts_.duplicate_reports;
            acks_.repeated(*device, stream->id);
            break;  // what it says about its oldest record may still free those that wait
        case LaneIntake::Verdict::apply:
            applier_.apply(*device, *stream, report, bytes, step.now.wall, step.commit, detections);
            applied = true;
            break;
        case LaneIntake::Verdict::wait:
            set_aside(*device, *stream, report, bytes, step);
            break;
    }
    applied |= drain(*device, *stream, lane, &ack_now, step, detections);
    if (!applied) return nullptr;
    acks_.applied(*device, stream->id, ack_now, step.now.instant);
    return device;
}

}  // namespace aftercare::collector
