// Devices that report both lanes in turn, with random records an hour apart, losses and resends:
// what housekeeping is tested on.
#pragma once

#include <map>
#include <set>
#include <string>

#include "collector/io/sqlite/content_hash.hpp"
#include "collector/io/sqlite/verify.hpp"
#include "common/rng.hpp"
#include "proto/codec.hpp"
#include "tests/contract/commits.hpp"
#include "tests/support/random_records.hpp"
#include "tests/unit/collector_sqlite/database.hpp"

namespace aftercare::collector::testing {

inline constexpr MergeOptions kMergeAtOnce{.reports_min = 1, .reports_per_stream_min = 0};

class TelemetryFleet {
  public:
    explicit TelemetryFleet(DeviceNo device_count, std::uint64_t seed = 1)
        : rng_(seed), device_count_(device_count) {}

    /// One report of each device: `record_count` records, an hour after each other.
    Commit next(std::uint32_t record_count = 4) {
        Commit commit;
        for (DeviceNo no = 1; no <= device_count_; ++no) {
            commit.devices.push_back(device(no));
            const Lane lane = rng_.chance(0.3) ? Lane::urgent : Lane::bulk;
            add(commit, no, lane, record_count);
        }
        hour_ += record_count;
        commit.totals = totals_;
        return commit;
    }
    [[nodiscard]] WallTime now() const { return hour(hour_); }

  private:
    void add(Commit& commit, DeviceNo no, Lane lane, std::uint32_t record_count) {
        Seq& mark = marks_[{no, lane}];
        Report report;
        ReportHeader& header = report.header;
        header.device_id.assign(device_name(no));
        header.model = "wm-100";
        header.stream_id = kStream + no;
        header.lane = lane;
        header.first_seq = mark + 1;
        header.oldest_seq = mark + 1;
        header.boot = 1;
        RawReport raw{no, kStream + no, lane, mark + 1};
        raw.t0 = hour(hour_);
        for (std::uint32_t i = 0; i < record_count; ++i) {
            Record record =
                test::random_record(rng_, lane, 1, uptime(hour_ + static_cast<std::int64_t>(i)));
            record.seq = mark + 1;
            // Random clocks would be evidence for random times.
            if (auto* event = std::get_if<Lifecycle>(&record.body)) {
                event->clock_quality = ClockQuality::unknown;
            }
            if (i > 0 && rng_.chance(0.1)) lose(commit, raw, record);
            if (const auto* body = std::get_if<Fault>(&record.body)) {
                FaultRow row = fault(no, record.seq, body->code, hour(hour_ + i + 1));
                row.received_at = hour(hour_ + record_count);
                row.state = body->state;
                row.occurrences = body->occurrences;
                commit.faults.push_back(row);
            }
            mark = record.seq;
            report.records.push_back(record);
        }
        header.uptime_ms = report.records.back().uptime_ms + rng_.below(5'000);
        raw.last_seq = mark;
        raw.record_count = record_count;
        raw.received_at = hour(hour_ + record_count);
        raw.bytes = codec_.encode_report(report);
        StreamRow stream{no, raw.stream_id, {}, raw.received_at};
        for (const Lane each : {Lane::urgent, Lane::bulk}) {
            stream.high_water[index(each)] = marks_[{no, each}];
        }
        commit.streams.push_back(stream);
        commit.raw.push_back(std::move(raw));
        totals_.reports += 1;
        totals_.records += record_count;
    }

    void lose(Commit& commit, const RawReport& raw, Record& record) {
        record.gap_before = static_cast<std::uint32_t>(1 + rng_.below(3));
        const Seq first = record.seq;
        record.seq += record.gap_before;
        commit.gaps.push_back(gap(raw.device_no, first, record.seq - 1, raw.lane));
        totals_.gap_records += record.gap_before;
    }

    static std::uint64_t uptime(std::int64_t hours) {
        return static_cast<std::uint64_t>(hours + 1) * 3'600'000;
    }

    Rng rng_;
    DeviceNo device_count_;
    std::int64_t hour_ = 0;
    std::map<std::pair<DeviceNo, Lane>, Seq> marks_;
    Totals totals_;
    proto::Codec codec_;
};

/// Housekeeping until nothing is due; returns the steps it took.
inline int settle(SqliteStore& store, WallTime now) {
    for (int steps = 1;; ++steps) {
        const Result<bool> more = store.maintain(now);
        if (!more) invariant_broken(more.error().message.c_str(), __FILE__, __LINE__);
        if (!*more) return steps;
    }
}

/// What `verify` finds, in words; empty for a sound database.
inline std::string unsound(const ScratchDatabase& database) {
    const auto report = verify_database(database.path());
    if (!report) return report.error().message;
    std::string findings;
    for (const VerifyCheck& check : report->checks) {
        if (check.wrong > 0) findings += check.name + ": " + check.example + "\n";
    }
    return findings;
}

inline std::uint64_t content(const ScratchDatabase& database) {
    const auto hash = database_content_hash(database.path());
    if (!hash) invariant_broken(hash.error().message.c_str(), __FILE__, __LINE__);
    return *hash;
}

}  // namespace aftercare::collector::testing
