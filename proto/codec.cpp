#include <cmath>
#include <limits>
#include <utility>

#include "common/bounds.hpp"
#include "proto/messages.hpp"

namespace aftercare::proto {
namespace {

// Everything above is nonsense from a broken or hostile sender: 100 years of uptime, and sequence
// numbers that a signed 64-bit column could not hold.
constexpr std::uint64_t kUptimeMsMax = 100ULL * 366 * 86'400'000;
constexpr std::uint64_t kSeqMax = std::numeric_limits<std::int64_t>::max();

using Verdict = Result<void, Refusal>;

tl::unexpected<Refusal> refuse(RefusalReason reason, std::string detail) {
    return tl::unexpected<Refusal>(Refusal{reason, std::move(detail)});
}

std::string in_record(std::size_t position, std::string_view what) {
    return "records[" + std::to_string(position) + "]: " + std::string(what);
}

// An enumerator of a later version reads as `unspecified`.
template <class Enum>
Enum known(int value, Enum last) {
    return value < 0 || value > static_cast<int>(last) ? Enum{} : static_cast<Enum>(value);
}

bool all_finite(const Values& values) {
    for (const float value : values) {
        if (!std::isfinite(value)) return false;
    }
    return true;
}

// Empty text: fine. Otherwise why the pair of lists is refused.
template <std::size_t kMax>
std::string_view read_pairs(const Ids& metrics, const Values& values,
                            BoundedList<MetricValue, kMax>& into) {
    if (metrics.size() != values.size()) return "metric and value lists differ in length";
    if (metrics.size() > kMax) return "more measured values than allowed";
    if (!all_finite(values)) return "a value is not a finite number";
    for (std::size_t i = 0; i < metrics.size(); ++i) into.add({metrics[i], values[i]});
    return {};
}

std::string_view read_fault(const FaultMessage& in, Fault& out) {
    out.code = in.code;
    out.state = known(in.state, FaultState::occurred);
    out.occurrences = in.occurrences == 0 ? 1 : in.occurrences;
    return read_pairs(in.snapshot_metric, in.snapshot_value, out.snapshot);
}

bool fits_column(std::size_t size, std::size_t count) {
    return size == 0 || size == count;
}

std::string_view read_reading(const ReadingMessage& in, Reading& out) {
    const std::size_t count = in.metric.size();
    if (count > kMetricsPerReadingMax) return "more than 16 metrics";
    if (in.mean.size() != count || !fits_column(in.n.size(), count) ||
        !fits_column(in.min.size(), count) || !fits_column(in.max.size(), count) ||
        !fits_column(in.last.size(), count) || !fits_column(in.deviation.size(), count)) {
        return "a column's length differs from the list of metrics";
    }
    if (!all_finite(in.mean) || !all_finite(in.min) || !all_finite(in.max) ||
        !all_finite(in.last) || !all_finite(in.deviation)) {
        return "a value is not a finite number";
    }
    out.window_ms = in.window_ms;
    out.metrics.count = static_cast<std::uint8_t>(count);
    for (std::size_t i = 0; i < count; ++i) {
        MetricSummary& summary = out.metrics.items[i];
        summary.metric_id = in.metric[i];
        summary.mean = in.mean[i];
        summary.n = in.n.size() == 0 ? 1 : in.n[i];
        summary.min = in.min.size() == 0 ? summary.mean : in.min[i];
        summary.max = in.max.size() == 0 ? summary.mean : in.max[i];
        summary.last = in.last.size() == 0 ? summary.mean : in.last[i];
        summary.deviation = in.deviation.size() == 0 ? 0.0F : in.deviation[i];
        if (summary.n == 0) return "a summary of no samples (n = 0)";
        if (summary.min > summary.max) return "a minimum above its maximum";
        if (summary.deviation < 0) return "a negative standard deviation";
    }
    return {};
}

std::string_view read_usage(const UsageMessage& in, Usage& out) {
    if (in.counter.size() != in.counter_value.size()) {
        return "counter and counter_value lists differ in length";
    }
    if (in.counter.size() > kCountersPerUsageMax) return "more than 16 counters";
    out.programme_id = in.programme;
    out.duration_s = in.duration_s;
    out.energy_wh = in.energy_wh;
    out.water_ml = in.water_ml;
    out.completed = !in.aborted;
    for (std::size_t i = 0; i < in.counter.size(); ++i) {
        out.counters.add({in.counter[i], in.counter_value[i]});
    }
    return {};
}

std::string_view read_lifecycle(const LifecycleMessage& in, Lifecycle& out) {
    if (!plain_text(in.firmware))
        return "firmware is longer than 32 bytes or has control characters";
    out.kind = known(in.kind, LifecycleKind::heartbeat);
    out.reset_reason = known(in.reset_reason, ResetReason::update);
    out.firmware.assign(in.firmware);
    out.wall_unix_ms = in.wall_unix_ms;
    out.clock_quality = known(in.clock_quality, ClockQuality::synced);
    out.consent_epoch = in.consent_epoch;
    out.consent_purposes = in.consent_purposes;
    out.component_id = in.component;
    out.lost_count = in.lost_count;
    out.config_version = in.config_version;
    out.config_refusal = known(in.config_refusal, ConfigRefusal::storage);
    return {};
}

std::string_view read_self_test(const SelfTestMessage& in, SelfTest& out) {
    out.test_id = in.test_id;
    out.request_id = in.request_id;
    out.result = known(in.result, TestResult::unsupported);
    return read_pairs(in.measured_metric, in.measured_value, out.measured);
}

bool wall_is_sane(std::int64_t wall_unix_ms, ClockQuality quality) {
    return quality == ClockQuality::unknown || sane_wall(wall_unix_ms);
}

// An unknown kind fits either lane; a known one has its own.
bool lane_fits(const RecordMessage& record, Lane lane) {
    switch (record.body_case) {
        case Body::reading:
        case Body::usage:
            return lane == Lane::bulk;
        case Body::fault:
        case Body::lifecycle:
        case Body::self_test:
            return lane == Lane::urgent;
        case Body::none:
            return true;
    }
    return true;
}

/// One that is there already need not be wiped first: reading writes all that counts.
Reading& reading_in(Record& out) {
    auto* const reading = std::get_if<Reading>(&out.body);
    return reading != nullptr ? *reading : out.body.emplace<Reading>();
}

std::string_view read_body(const RecordMessage& in, Record& out) {
    switch (in.body_case) {
        case Body::fault:
            return read_fault(in.fault, out.body.emplace<Fault>());
        case Body::reading:
            return read_reading(in.reading, reading_in(out));
        case Body::usage:
            return read_usage(in.usage, out.body.emplace<Usage>());
        case Body::lifecycle:
            return read_lifecycle(in.lifecycle, out.body.emplace<Lifecycle>());
        case Body::self_test:
            return read_self_test(in.self_test, out.body.emplace<SelfTest>());
        case Body::none:
            out.body.emplace<UnknownRecord>();
            return {};
    }
    out.body.emplace<UnknownRecord>();
    return {};
}

Verdict read_header(const ReportMessage& in, ReportHeader& out) {
    if (in.schema_version != kSchemaVersion) {
        return refuse(RefusalReason::bad_schema_version,
                      "schema_version " + std::to_string(in.schema_version) + ": expected 1");
    }
    if (!valid_id(in.device_id)) {
        return refuse(RefusalReason::device_mismatch,
                      "device_id is no id of 1-64 characters out of A-Z a-z 0-9 _ -");
    }
    if (!plain_text(in.model) || !plain_text(in.firmware)) {
        return refuse(RefusalReason::bad_value,
                      "model or firmware is longer than 32 bytes or has control characters");
    }
    if (in.lane != v1::LANE_URGENT && in.lane != v1::LANE_BULK) {
        return refuse(RefusalReason::bad_lane,
                      "lane " + std::to_string(in.lane) + ": expected 1 (urgent) or 2 (bulk)");
    }
    if (in.stream_id == 0) return refuse(RefusalReason::bad_seq, "stream_id is 0");
    if (in.first_seq == 0 || in.first_seq > kSeqMax || in.oldest_seq == 0 ||
        in.oldest_seq > in.first_seq) {
        return refuse(RefusalReason::bad_seq, "first_seq " + std::to_string(in.first_seq) +
                                                  ", oldest_seq " + std::to_string(in.oldest_seq) +
                                                  ": expected 1 <= oldest_seq <= first_seq < 2^63");
    }
    const auto quality = known(in.clock_quality, ClockQuality::synced);
    if (in.boot == 0 || in.uptime_ms > kUptimeMsMax || !wall_is_sane(in.wall_unix_ms, quality)) {
        return refuse(RefusalReason::bad_time,
                      "boot " + std::to_string(in.boot) + ", uptime_ms " +
                          std::to_string(in.uptime_ms) + ", wall_unix_ms " +
                          std::to_string(in.wall_unix_ms) +
                          ": expected boot >= 1, less than 100 years up, wall in 1970-2199");
    }
    out.schema_version = in.schema_version;
    out.device_id.assign(in.device_id);
    out.model.assign(in.model);
    out.firmware.assign(in.firmware);
    out.stream_id = in.stream_id;
    out.lane = in.lane == v1::LANE_URGENT ? Lane::urgent : Lane::bulk;
    out.first_seq = in.first_seq;
    out.oldest_seq = in.oldest_seq;
    out.boot = in.boot;
    out.uptime_ms = in.uptime_ms;
    out.wall_unix_ms = in.wall_unix_ms;
    out.clock_quality = quality;
    out.consent_epoch = in.consent_epoch;
    out.consent_purposes = in.consent_purposes;
    out.config_version = in.config_version;
    out.ack_now = in.ack_now;
    // A later version may count more classes than this one knows.
    for (std::size_t i = 0; i < kRecordClassCount; ++i) {
        out.dropped[i] = i < in.dropped.size() ? in.dropped[i] : 0;
    }
    return {};
}

// Gives the record its seq; false when gap_before leads out of the sequence.
bool place(const RecordMessage& in, const Record* before, Seq first_seq, Record& out) {
    out.gap_before = in.gap_before;
    if (before == nullptr) {
        out.seq = first_seq;
        return in.gap_before < first_seq;
    }
    if (before->seq >= kSeqMax - in.gap_before) return false;
    out.seq = before->seq + in.gap_before + 1;
    return true;
}

Verdict read_record(const RecordMessage& in, std::size_t position, const Report& report,
                    Record& out) {
    const ReportHeader& header = report.header;
    const Record* before = position == 0 ? nullptr : &report.records[position - 1];
    if (!place(in, before, header.first_seq, out)) {
        return refuse(RefusalReason::bad_seq,
                      in_record(position, "gap_before leads out of the sequence"));
    }
    out.boot = in.boot;
    out.uptime_ms = in.uptime_ms;
    const bool later = in.boot == header.boot && in.uptime_ms > header.uptime_ms;
    if (in.boot == 0 || in.boot > header.boot || in.uptime_ms > kUptimeMsMax || later) {
        return refuse(
            RefusalReason::bad_time,
            in_record(position, "made later than the report was sent, or at no boot at all"));
    }
    if (!lane_fits(in, header.lane)) {
        return refuse(RefusalReason::bad_lane,
                      in_record(position, "this kind of record travels in the other lane"));
    }
    if (const auto wrong = read_body(in, out); !wrong.empty()) {
        return refuse(RefusalReason::bad_value, in_record(position, wrong));
    }
    if (const auto* event = std::get_if<Lifecycle>(&out.body);
        event && !wall_is_sane(event->wall_unix_ms, event->clock_quality)) {
        return refuse(RefusalReason::bad_time,
                      in_record(position, "wall_unix_ms outside 1970-2199"));
    }
    return {};
}

}  // namespace

// The library would print a line for every hostile payload; the refusal says it already.
Codec::Codec() : messages_(std::make_unique<Messages>()) {
    google::protobuf::SetLogHandler(nullptr);
}
Codec::~Codec() = default;

Result<void, Refusal> Codec::decode_report(std::span<const std::byte> bytes, Report& report) {
    if (bytes.size() > kReportBytesMax) {
        return refuse(RefusalReason::too_large, std::to_string(bytes.size()) + " bytes: at most " +
                                                    std::to_string(kReportBytesMax));
    }
    ReportMessage& in = messages_->received;
    if (!in.parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()})) {
        return refuse(RefusalReason::bad_protobuf,
                      std::to_string(bytes.size()) + " bytes that are no aftercare.v1.Report");
    }
    if (auto read = read_header(in, report.header); !read) return read;
    const ReportHeader& header = report.header;
    if (in.record_count == 0 && (header.first_seq != header.oldest_seq || header.first_seq < 2)) {
        return refuse(RefusalReason::bad_value,
                      "a report without records, and without first_seq = oldest_seq >= 2, which "
                      "would declare all before it lost");
    }
    if (in.record_count > kRecordsPerReportMax) {
        return refuse(RefusalReason::too_many_records, std::to_string(in.record_count) +
                                                           " records: at most " +
                                                           std::to_string(kRecordsPerReportMax));
    }
    report.records.resize(in.record_count);
    for (std::size_t i = 0; i < in.record_count; ++i) {
        if (auto record = read_record(in.records[i], i, report, report.records[i]); !record) {
            return record;
        }
    }
    return {};
}

}  // namespace aftercare::proto
