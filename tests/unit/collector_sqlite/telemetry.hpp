// Commits whose reports are real bytes of the wire format.
#pragma once

#include <string>
#include <vector>

#include "proto/codec.hpp"
#include "tests/contract/commits.hpp"

namespace aftercare::collector::testing {

/// Adds a report of faults (urgent) or one-metric readings (bulk) with these seqs, its fault rows
/// and gaps for what the seqs leave out. Pre: the lane is stored up to seqs.front() − 1 −
/// `lost_before`.
inline void add_wire_report(Commit& commit, DeviceNo no, Lane lane, const std::vector<Seq>& seqs,
                            Seq applied_from = 0) {
    Report report;
    report.header.device_id.assign(device_name(no));
    report.header.model = "wm-100";
    report.header.firmware = "1.2.3";
    report.header.stream_id = kStream + no;
    report.header.lane = lane;
    report.header.first_seq = seqs.front();
    report.header.oldest_seq = seqs.front();
    report.header.boot = 1;
    report.header.uptime_ms = seqs.back() * 1000 + 500;
    Seq before = seqs.front() - 1;
    for (const Seq seq : seqs) {
        Record record;
        record.seq = seq;
        record.gap_before = static_cast<std::uint32_t>(seq - before - 1);
        record.boot = 1;
        record.uptime_ms = seq * 1000;
        if (lane == Lane::urgent) {
            record.body =
                Fault{.code = static_cast<std::uint32_t>(seq + 100), .state = FaultState::raised};
        } else {
            Reading reading{.window_ms = 60'000};
            reading.metrics.add({.metric_id = 1, .mean = 20, .min = 20, .max = 20, .last = 20});
            record.body = reading;
        }
        report.records.push_back(record);
        before = seq;
    }
    RawReport raw;
    raw.device_no = no;
    raw.stream_id = kStream + no;
    raw.lane = lane;
    raw.received_at = hour(1);
    raw.t0 = hour(0);
    raw.first_seq = std::max(applied_from, seqs.front());
    raw.last_seq = seqs.back();
    before = raw.first_seq - 1;
    for (const Seq seq : seqs) {
        if (seq < raw.first_seq) continue;
        ++raw.record_count;
        if (seq > before + 1) {
            commit.gaps.push_back(gap(no, before + 1, seq - 1, lane));
            commit.totals.gap_records += seq - before - 1;
        }
        if (lane == Lane::urgent) {
            const auto age_ms = static_cast<std::int64_t>((seqs.back() - seq) * 1000 + 500);
            commit.faults.push_back(fault(no, seq, static_cast<std::uint32_t>(seq + 100),
                                          raw.received_at - milliseconds{age_ms}));
            commit.faults.back().received_at = raw.received_at;
        }
        before = seq;
    }
    proto::Codec codec;
    raw.bytes = codec.encode_report(report);
    commit.totals.reports += 1;
    commit.totals.records += raw.record_count;
    StreamRow stream;
    stream.device_no = no;
    stream.stream_id = raw.stream_id;
    stream.high_water[index(lane)] = raw.last_seq;
    stream.last_at = raw.received_at;
    commit.streams.push_back(stream);
    commit.raw.push_back(std::move(raw));
}

}  // namespace aftercare::collector::testing
