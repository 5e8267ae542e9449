#include "collector/io/sqlite/record_times.hpp"

#include <algorithm>

namespace aftercare::collector::sqlite {

namespace {

milliseconds uptime_between(std::uint64_t from_ms, std::uint64_t to_ms) {
    return milliseconds{static_cast<std::int64_t>(to_ms) - static_cast<std::int64_t>(from_ms)};
}

}  // namespace

std::vector<WallTime> record_times(const RawReport& raw, const ReportHeader& header,
                                   std::span<const Record> applied) {
    std::vector<WallTime> times;
    times.reserve(applied.size());
    const WallTime sent_at = header.clock_quality == ClockQuality::synced
                                 ? wall_from_unix_ms(header.wall_unix_ms)
                                 : raw.received_at;
    WallTime latest = raw.t0;
    for (const Record& record : applied) {
        WallTime at = latest;
        if (record.boot == applied.front().boot) {
            at = raw.t0 + uptime_between(applied.front().uptime_ms, record.uptime_ms);
        } else if (record.boot == header.boot) {
            at = sent_at - uptime_between(record.uptime_ms, header.uptime_ms);
        }
        latest = std::max(latest, at);
        times.push_back(latest);
    }
    return times;
}

std::optional<RecordClass> class_of(const Record& record) {
    struct Class {
        std::optional<RecordClass> operator()(const UnknownRecord&) const { return std::nullopt; }
        std::optional<RecordClass> operator()(const Fault&) const { return RecordClass::fault; }
        std::optional<RecordClass> operator()(const Reading&) const { return RecordClass::reading; }
        std::optional<RecordClass> operator()(const Usage&) const { return RecordClass::usage; }
        std::optional<RecordClass> operator()(const Lifecycle&) const {
            return RecordClass::lifecycle;
        }
        std::optional<RecordClass> operator()(const SelfTest&) const {
            return RecordClass::lifecycle;
        }
    };
    return std::visit(Class{}, record.body);
}

}  // namespace aftercare::collector::sqlite
