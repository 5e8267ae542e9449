#include "collector/core/intake/device_state.hpp"

#include <algorithm>

#include "collector/core/detect/stored_time.hpp"

namespace aftercare::collector {
namespace {

// version u8 | base time | last outbound contact | turns: active u64, returns, since, refused u64
// | part lives: n × (text, time) | lapse times: n × (text, time) | streams in order: n × (id u64,
// has work u8, [time line, 2 lanes × (newest u8, n × checkpoint)]) | detection state: size u32,
// bytes. Numbers without a width are varints, times distances from the base.

using NamedTimes = std::vector<std::pair<std::string, WallTime>>;

void put_times(ByteWriter& out, const StoredTimes& times, const NamedTimes& list) {
    out.put(static_cast<std::uint8_t>(list.size()));
    for (const auto& [name, at] : list) {
        out.put_part(name);
        times.put(out, at);
    }
}

void get_times(ByteReader& in, const StoredTimes& times, NamedTimes& list) {
    const auto count = in.get<std::uint8_t>();
    for (unsigned i = 0; i < count && in.ok(); ++i) {
        std::string name{in.get_part()};
        list.emplace_back(std::move(name), times.get_even_for_ever(in));
    }
}

// Checkpoints lie at or below their lane's mark, so their distance from it is short.
void put_work(ByteWriter& out, const StoredTimes& times, const StreamEntry& stream) {
    stream.work->time_line.encode(out, times);
    for (std::size_t i = 0; i < kLaneCount; ++i) {
        const LaneWork& lane = stream.work->lanes[i];
        out.put(lane.newest);
        for (const Checkpoint& checkpoint : lane.checkpoints) {
            out.put_varint(checkpoint.seq == 0 ? 0 : stream.high_water[i] - checkpoint.seq + 1);
            if (checkpoint.seq == 0) continue;
            out.put_varint(checkpoint.boot);
            out.put_varint(checkpoint.uptime_ms);
        }
    }
}

void get_work(ByteReader& in, const StoredTimes& times, StreamEntry& stream) {
    stream.work = std::make_unique<StreamWork>();
    stream.work->time_line.decode(in, times);
    for (std::size_t i = 0; i < kLaneCount; ++i) {
        LaneWork& lane = stream.work->lanes[i];
        lane.intake = LaneIntake{stream.high_water[i]};
        lane.newest = static_cast<std::uint8_t>(in.get<std::uint8_t>() % kCheckpointsPerLane);
        for (Checkpoint& checkpoint : lane.checkpoints) {
            const std::uint64_t below = in.get_varint();
            if (below == 0) continue;
            if (below > stream.high_water[i]) in.spoil();
            checkpoint.seq = stream.high_water[i] + 1 - below;
            checkpoint.boot = static_cast<std::uint32_t>(in.get_varint());
            checkpoint.uptime_ms = in.get_varint();
        }
    }
}

// Brings the marks into the order of appearance. False when the state names a stream without marks.
bool get_streams(ByteReader& in, const StoredTimes& times, std::vector<StreamEntry>& streams) {
    const auto count = in.get<std::uint8_t>();
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
        const auto id = in.get<std::uint64_t>();
        const auto found =
            std::find_if(streams.begin() + static_cast<std::ptrdiff_t>(std::min(i, streams.size())),
                         streams.end(), [&](const StreamEntry& s) { return s.id == id; });
        if (found == streams.end()) return false;
        std::iter_swap(streams.begin() + static_cast<std::ptrdiff_t>(i), found);
        if (in.get<std::uint8_t>() != 0) get_work(in, times, streams[i]);
    }
    return in.ok();
}

}  // namespace

void encode_device_state(const DeviceEntry& device, const Detector& detector, std::string& bytes) {
    constexpr std::size_t kSizeBytes = sizeof(std::uint32_t);
    const DeviceWork& work = device.awake();
    ByteWriter out{bytes};
    out.put(kDeviceStateVersion);
    const WallTime base = device.info.last_seen_at.value_or(kNever);
    StoredTimes{kNever}.put(out, base);
    const StoredTimes times{base};
    times.put(out, device.last_outbound_at.value_or(kNever));
    out.put(work.turns.active_stream);
    out.put_varint(work.turns.returns);
    times.put(out, work.turns.since);
    out.put(work.turns.refused_stream);
    put_times(out, times, work.part_lives);
    put_times(out, times, work.lapse_times);
    out.put(static_cast<std::uint8_t>(device.streams.size()));
    for (const StreamEntry& stream : device.streams) {
        out.put(stream.id);
        out.put(static_cast<std::uint8_t>(stream.work != nullptr));
        if (stream.work) put_work(out, times, stream);
    }
    const std::size_t size_at = bytes.size();
    out.put(std::uint32_t{0});
    detector.encode(work.detection, bytes);
    std::string size;
    ByteWriter{size}.put(static_cast<std::uint32_t>(bytes.size() - size_at - kSizeBytes));
    bytes.replace(size_at, kSizeBytes, size);
}

Result<StateRead> decode_device_state(std::string_view bytes, const Detector& detector,
                                      DeviceEntry& device) {
    const auto corrupt = [&](const std::string& what) {
        return fail(Errc::corrupt, "stored state of device " + std::string{device.info.tenant} +
                                       "/" + std::string{device.info.device_id()} + ": " + what +
                                       "; restore the database from a backup");
    };
    DeviceWork& work = device.awake();
    ByteReader in{bytes};
    const auto version = in.get<std::uint8_t>();
    if (!in.ok()) return corrupt("empty");
    if (version != kDeviceStateVersion) {
        work.detection = detector.begin(device.info.model);
        return StateRead::other_version;
    }
    const StoredTimes times{StoredTimes{kNever}.get(in)};
    // While the engine runs, the device's own member is the newer one.
    if (const WallTime at = times.get(in); at != kNever && !device.last_outbound_at) {
        device.last_outbound_at = at;
    }
    work.turns.active_stream = in.get<std::uint64_t>();
    work.turns.returns = static_cast<std::uint32_t>(in.get_varint());
    work.turns.since = times.get(in);
    if (work.turns.since == kNever) in.spoil();
    work.turns.refused_stream = in.get<std::uint64_t>();
    get_times(in, times, work.part_lives);
    get_times(in, times, work.lapse_times);
    if (!get_streams(in, times, device.streams)) {
        return corrupt("cut short, or streams without marks");
    }
    const auto detection_size = in.get<std::uint32_t>();
    const std::string_view detection_bytes = in.rest();
    if (!in.ok() || detection_bytes.size() != detection_size) return corrupt("cut short");
    if (!Detector::reads(detection_bytes)) {
        work.detection = detector.begin(device.info.model);
        return StateRead::other_version;
    }
    auto detection = detector.decode(device.info.model, detection_bytes, std::move(work.detection));
    if (!detection) return corrupt(detection.error().message);
    work.detection = std::move(*detection);
    return StateRead::whole;
}

}  // namespace aftercare::collector
