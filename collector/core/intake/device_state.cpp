#include "collector/core/intake/device_state.hpp"

#include <algorithm>

namespace aftercare::collector {
namespace {

// version u8 | last outbound contact (flag u8, i64) | turns: active u64, returns u32, since i64,
// refused u64 | part lives: u8 × (text, i64) | lapse times: u8 × (text, i64)
// | streams in order: u8 × (id u64, has work u8, [time line, 2 lanes × (newest u8, 4 ×
// checkpoint)]) | detection state: size u32, bytes.

void put_times(ByteWriter& out, const std::vector<std::pair<std::string, WallTime>>& times) {
    out.put(static_cast<std::uint8_t>(times.size()));
    for (const auto& [name, at] : times) {
        out.put_text(name);
        out.put(unix_ms(at));
    }
}

void get_times(ByteReader& in, std::vector<std::pair<std::string, WallTime>>& times) {
    times.clear();
    const auto count = in.get<std::uint8_t>();
    for (unsigned i = 0; i < count && in.ok(); ++i) {
        std::string name{in.get_text()};
        times.emplace_back(std::move(name), wall_from_unix_ms(in.get<std::int64_t>()));
    }
}

void put_work(ByteWriter& out, const StreamWork& work) {
    work.time_line.encode(out);
    for (const LaneWork& lane : work.lanes) {
        out.put(lane.newest);
        for (const Checkpoint& checkpoint : lane.checkpoints) {
            out.put(checkpoint.seq);
            out.put(checkpoint.boot);
            out.put(checkpoint.uptime_ms);
        }
    }
}

void get_work(ByteReader& in, StreamEntry& stream) {
    stream.work = std::make_unique<StreamWork>();
    stream.work->time_line.decode(in);
    for (std::size_t i = 0; i < kLaneCount; ++i) {
        LaneWork& lane = stream.work->lanes[i];
        lane.intake = LaneIntake{stream.high_water[i]};
        lane.newest = static_cast<std::uint8_t>(in.get<std::uint8_t>() % kCheckpointsPerLane);
        for (Checkpoint& checkpoint : lane.checkpoints) {
            checkpoint.seq = in.get<Seq>();
            checkpoint.boot = in.get<std::uint32_t>();
            checkpoint.uptime_ms = in.get<std::uint64_t>();
        }
    }
}

// Brings the marks into the order of appearance. False when the state names a stream without marks.
bool get_streams(ByteReader& in, std::vector<StreamEntry>& streams) {
    const auto count = in.get<std::uint8_t>();
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
        const auto id = in.get<std::uint64_t>();
        const auto found =
            std::find_if(streams.begin() + static_cast<std::ptrdiff_t>(std::min(i, streams.size())),
                         streams.end(), [&](const StreamEntry& s) { return s.id == id; });
        if (found == streams.end()) return false;
        std::iter_swap(streams.begin() + static_cast<std::ptrdiff_t>(i), found);
        if (in.get<std::uint8_t>() != 0) get_work(in, streams[i]);
    }
    return in.ok();
}

}  // namespace

void encode_device_state(const DeviceEntry& device, const Detector& detector, std::string& bytes) {
    constexpr std::size_t kSizeBytes = sizeof(std::uint32_t);
    ByteWriter out{bytes};
    out.put(kDeviceStateVersion);
    out.put(static_cast<std::uint8_t>(device.last_outbound_at.has_value()));
    out.put(unix_ms(device.last_outbound_at.value_or(WallTime{})));
    out.put(device.turns.active_stream);
    out.put(device.turns.returns);
    out.put(unix_ms(device.turns.since));
    out.put(device.turns.refused_stream);
    put_times(out, device.part_lives);
    put_times(out, device.lapse_times);
    out.put(static_cast<std::uint8_t>(device.streams.size()));
    for (const StreamEntry& stream : device.streams) {
        out.put(stream.id);
        out.put(static_cast<std::uint8_t>(stream.work != nullptr));
        if (stream.work) put_work(out, *stream.work);
    }
    const std::size_t size_at = bytes.size();
    out.put(std::uint32_t{0});
    detector.encode(device.detection, bytes);
    std::string size;
    ByteWriter{size}.put(static_cast<std::uint32_t>(bytes.size() - size_at - kSizeBytes));
    bytes.replace(size_at, kSizeBytes, size);
}

Status decode_device_state(std::string_view bytes, const Detector& detector, DeviceEntry& device) {
    const auto corrupt = [&](const std::string& what) {
        return fail(Errc::corrupt, "stored state of device " + device.info.tenant + "/" +
                                       device.info.device_id + ": " + what +
                                       "; restore the database from a backup");
    };
    ByteReader in{bytes};
    const auto version = in.get<std::uint8_t>();
    if (!in.ok() || version != kDeviceStateVersion) {
        return corrupt("version " + std::to_string(version) + ", this program reads version " +
                       std::to_string(kDeviceStateVersion));
    }
    const bool has_outbound = in.get<std::uint8_t>() != 0;
    const WallTime outbound_at = wall_from_unix_ms(in.get<std::int64_t>());
    if (has_outbound) device.last_outbound_at = outbound_at;
    device.turns.active_stream = in.get<std::uint64_t>();
    device.turns.returns = in.get<std::uint32_t>();
    device.turns.since = wall_from_unix_ms(in.get<std::int64_t>());
    device.turns.refused_stream = in.get<std::uint64_t>();
    get_times(in, device.part_lives);
    get_times(in, device.lapse_times);
    if (!get_streams(in, device.streams)) return corrupt("cut short, or streams without marks");
    const auto detection_size = in.get<std::uint32_t>();
    const std::string_view detection_bytes = in.rest();
    if (!in.ok() || detection_bytes.size() != detection_size) return corrupt("cut short");
    auto detection = detector.decode(device.info.model, detection_bytes);
    if (!detection) return corrupt(detection.error().message);
    device.detection = std::move(*detection);
    return {};
}

}  // namespace aftercare::collector
