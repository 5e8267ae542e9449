#include "tests/integration/live/stored_records.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <span>

#include "collector/io/sqlite/raw_reader.hpp"
#include "proto/codec.hpp"

namespace aftercare::test {

bool LaneContent::in_gap(Seq seq) const {
    for (const auto& [first, last] : gaps) {
        if (seq >= first && seq <= last) return true;
    }
    return false;
}

Seq LaneContent::reach() const {
    Seq last = copies.empty() ? 0 : copies.rbegin()->first;
    for (const auto& gap : gaps) last = std::max(last, gap.second);
    return last;
}

std::string LaneContent::fault(Seq made) const {
    for (Seq seq = 1; seq <= made; ++seq) {
        const auto found = copies.find(seq);
        if (found == copies.end() && !in_gap(seq)) return "seq " + std::to_string(seq) + " is lost";
        if (found == copies.end()) continue;
        if (in_gap(seq)) return "seq " + std::to_string(seq) + " is stored and declared lost";
        if (found->second != 1) {
            return "seq " + std::to_string(seq) + " is stored " + std::to_string(found->second) +
                   " times";
        }
    }
    if (!copies.empty() && copies.rbegin()->first > made) {
        return "seq " + std::to_string(copies.rbegin()->first) + " is stored and was never made";
    }
    return "";
}

namespace {

/// Decoded here, not by read_raw: what counts is what the stored bytes hold.
Status read_reports_of(const std::filesystem::path& database, StoredRecords& stored) {
    proto::Codec codec;
    Report report;
    return collector::read_reports(
        database.string(), [&](const collector::StoredReport& of) -> Status {
            const collector::RawReport& raw = of.raw;
            const StreamKey key{std::string(of.device_id), raw.stream_id};
            LaneContent& lane = stored[key][index(raw.lane)];
            if (!codec.decode_report(std::as_bytes(std::span(raw.bytes)), report)) {
                return fail(Errc::corrupt,
                            "a stored report of " + key.device_id + " does not decode");
            }
            std::uint32_t applied = 0;
            for (const Record& record : report.records) {
                if (record.seq < raw.first_seq || record.seq > raw.last_seq) continue;
                ++lane.copies[record.seq];
                if (const auto* fault = std::get_if<Fault>(&record.body)) {
                    lane.fault_codes[record.seq] = fault->code;
                }
                ++applied;
            }
            if (applied == raw.record_count) return {};
            return fail(Errc::corrupt, "a stored report of " + key.device_id +
                                           " says another number of records than it holds");
        });
}

}  // namespace

Result<StoredRecords> read_stored_records(const std::filesystem::path& database) {
    StoredRecords stored;
    if (Status read = read_reports_of(database, stored); !read) return fail(read.error());
    try {
        const SQLite::Database db(database.string(), SQLite::OPEN_READONLY);
        SQLite::Statement gap(db,
                              "SELECT d.device_id, s.stream_id, g.lane, g.first_seq, g.last_seq"
                              " FROM gap g JOIN device d USING (device_no) JOIN stream s USING "
                              "(stream_no)");
        while (gap.executeStep()) {
            const StreamKey key{gap.getColumn(0).getString(),
                                static_cast<std::uint64_t>(gap.getColumn(1).getInt64())};
            stored[key][static_cast<std::size_t>(gap.getColumn(2).getInt())].gaps.emplace_back(
                static_cast<Seq>(gap.getColumn(3).getInt64()),
                static_cast<Seq>(gap.getColumn(4).getInt64()));
        }
    } catch (const SQLite::Exception& error) {
        return fail(Errc::unavailable, database.string() + ": " + error.what());
    }
    return stored;
}

}  // namespace aftercare::test
