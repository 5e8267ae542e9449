#include "collector/io/sqlite/chunk_table.hpp"

#include <algorithm>

#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/record_times.hpp"
#include "collector/io/sqlite/report_walk.hpp"
#include "collector/io/sqlite/rows.hpp"

namespace aftercare::collector::sqlite {

namespace {

bool same(const RawReport& a, const RawReport& b) {
    return a.first_seq == b.first_seq && a.last_seq == b.last_seq &&
           a.record_count == b.record_count && a.t0 == b.t0 && a.received_at == b.received_at &&
           a.bytes == b.bytes;
}

std::uint64_t records_in(std::span<const RawReport> reports) {
    std::uint64_t count = 0;
    for (const RawReport& report : reports) count += report.record_count;
    return count;
}

std::string name_of(std::int64_t chunk_no) {
    return "chunk " + std::to_string(chunk_no) + ": ";
}

}  // namespace

ChunkTable::ChunkTable(SQLite::Database& database)
    : insert_(database,
              "INSERT INTO chunk(device_no, stream_no, lane, first_seq, last_seq, report_count, "
              "record_count, first_at, last_at, fault_since, lifecycle_since, usage_since, "
              "reading_since, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      select_(database,
              "SELECT device_no, lane, first_seq, last_seq, report_count, record_count, bytes "
              "FROM chunk WHERE chunk_no = ?"),
      delete_(database, "DELETE FROM chunk WHERE chunk_no = ?"),
      newest_(database,
              "SELECT chunk_no, record_count FROM chunk WHERE device_no = ? AND stream_no = ? "
              "AND lane = ? ORDER BY first_seq DESC LIMIT ?") {}

ChunkTable::Times ChunkTable::times_of(std::span<const RawReport> reports) {
    Times times{reports.front().t0, reports.front().t0, {}};
    const auto earlier = [](std::optional<WallTime>& since, WallTime at) {
        since = since ? std::min(*since, at) : at;
    };
    for (const RawReport& raw : reports) {
        times.first = std::min(times.first, raw.t0);
        times.last = std::max(times.last, raw.t0);
        // What cannot be decoded has no class; it is kept, and `verify` speaks of it.
        if (!reports_.decode_report(std::as_bytes(std::span(raw.bytes)), decoded_)) continue;
        const auto records = applied_records(raw, decoded_);
        const auto moments = record_times(raw, decoded_.header, records);
        for (std::size_t i = 0; i < records.size(); ++i) {
            times.last = std::max(times.last, moments[i]);
            const auto record_class = class_of(records[i]);
            if (record_class) {
                earlier(times.since[static_cast<std::size_t>(*record_class)], moments[i]);
            }
        }
    }
    return times;
}

Status ChunkTable::add(const LaneKey& lane, std::span<const RawReport> reports) {
    const std::string bytes = chunks_.pack(reports);
    const auto back = chunks_.unpack(bytes, reports.front());
    if (!back || !std::equal(reports.begin(), reports.end(), back->begin(), back->end(), same)) {
        return fail(Errc::corrupt, "reports of device number " + std::to_string(lane.device_no) +
                                       " from seq " + std::to_string(reports.front().first_seq) +
                                       " would not come back from a chunk; they stay as received");
    }
    const Times times = times_of(reports);
    Binder row(insert_);
    row.integer(lane.device_no).integer(lane.stream_no).bits(index(lane.lane));
    row.bits(reports.front().first_seq).bits(reports.back().last_seq);
    row.bits(reports.size()).bits(records_in(reports));
    row.time(times.first).time(times.last);
    for (const auto& since : times.since) row.time(since);
    row.blob(bytes);
    insert_.exec();
    return {};
}

Result<std::vector<RawReport>> ChunkTable::read(std::int64_t chunk_no) {
    const Use use(select_);
    Binder(select_).integer(chunk_no);
    if (!select_.executeStep()) return fail(Errc::not_found, name_of(chunk_no) + "is gone");
    Row row(select_);
    RawReport like;
    like.device_no = row.count();
    like.lane = row.integer() == 0 ? Lane::urgent : Lane::bulk;
    const Seq first_seq = row.bits();
    const Seq last_seq = row.bits();
    const std::uint64_t report_count = row.bits();
    const std::uint64_t record_count = row.bits();
    auto reports = chunks_.unpack(row.text(), like);
    if (!reports) return fail(reports.error().within("chunk " + std::to_string(chunk_no)));
    if (reports->size() != report_count || records_in(*reports) != record_count ||
        reports->empty() || reports->front().first_seq != first_seq ||
        reports->back().last_seq != last_seq) {
        return fail(Errc::corrupt, name_of(chunk_no) + "the row says " +
                                       std::to_string(record_count) + " records in " +
                                       std::to_string(report_count) +
                                       " reports, the bytes hold something else");
    }
    return reports;
}

void ChunkTable::remove(std::int64_t chunk_no) {
    Binder(delete_).integer(chunk_no);
    delete_.exec();
}

std::vector<ChunkTable::Head> ChunkTable::newest(const LaneKey& lane, std::size_t limit) {
    const Use use(newest_);
    Binder key(newest_);
    key.integer(lane.device_no).integer(lane.stream_no).bits(index(lane.lane)).bits(limit);
    std::vector<Head> heads;
    while (newest_.executeStep()) {
        Row row(newest_);
        heads.push_back({row.integer(), row.bits()});
    }
    return heads;
}

}  // namespace aftercare::collector::sqlite
