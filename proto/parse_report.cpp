#include <algorithm>
#include <bit>

#include "proto/report_message.hpp"
#include "proto/wire_reader.hpp"

namespace aftercare::proto {
namespace {

// A value of another wire type than the schema's is an unknown field, as for libprotobuf.
template <class T>
void read_varint(WireReader& in, T& into) {
    if (!in.is(WireType::varint)) return in.skip();
    into = static_cast<T>(in.varint());
}

void read_bool(WireReader& in, bool& into) {
    if (!in.is(WireType::varint)) return in.skip();
    into = in.varint() != 0;
}

void read_enum(WireReader& in, int& into) {
    if (!in.is(WireType::varint)) return in.skip();
    into = static_cast<int>(static_cast<std::uint32_t>(in.varint()));
}

void read_zigzag(WireReader& in, std::int64_t& into) {
    if (!in.is(WireType::varint)) return in.skip();
    const std::uint64_t bits = in.varint();
    into = static_cast<std::int64_t>(bits >> 1 ^ (0 - (bits & 1)));
}

void read_fixed64(WireReader& in, std::uint64_t& into) {
    if (!in.is(WireType::fixed64)) return in.skip();
    into = in.fixed64();
}

void read_text(WireReader& in, std::string_view& into) {
    if (!in.is(WireType::bytes)) return in.skip();
    into = in.bytes();
    if (!valid_utf8(into)) in.spoil();
}

/// Packed or one by one.
template <class T, std::size_t kMax>
void read_varints(WireReader& in, Column<T, kMax>& into) {
    if (in.is(WireType::varint)) return into.add(static_cast<T>(in.varint()));
    if (!in.is(WireType::bytes)) return in.skip();
    WireReader packed(in.bytes());
    while (!packed.at_end()) into.add(static_cast<T>(packed.varint()));
    if (!packed.ok()) in.spoil();
}

void read_floats(WireReader& in, Values& into) {
    if (in.is(WireType::fixed32)) return into.add(std::bit_cast<float>(in.fixed32()));
    if (!in.is(WireType::bytes)) return in.skip();
    WireReader packed(in.bytes());
    while (!packed.at_end()) into.add(std::bit_cast<float>(packed.fixed32()));
    if (!packed.ok()) in.spoil();
}

void read_field(WireReader& in, FaultMessage& fault) {
    switch (in.number()) {
        case 1:
            return read_varint(in, fault.code);
        case 2:
            return read_enum(in, fault.state);
        case 3:
            return read_varint(in, fault.occurrences);
        case 4:
            return read_varints(in, fault.snapshot_metric);
        case 5:
            return read_floats(in, fault.snapshot_value);
        default:
            return in.skip();
    }
}

void read_field(WireReader& in, ReadingMessage& reading) {
    switch (in.number()) {
        case 1:
            return read_varint(in, reading.window_ms);
        case 2:
            return read_varints(in, reading.metric);
        case 3:
            return read_floats(in, reading.mean);
        case 4:
            return read_varints(in, reading.n);
        case 5:
            return read_floats(in, reading.min);
        case 6:
            return read_floats(in, reading.max);
        case 7:
            return read_floats(in, reading.last);
        case 8:
            return read_floats(in, reading.deviation);
        default:
            return in.skip();
    }
}

void read_field(WireReader& in, UsageMessage& usage) {
    switch (in.number()) {
        case 1:
            return read_varint(in, usage.programme);
        case 2:
            return read_varint(in, usage.duration_s);
        case 3:
            return read_varint(in, usage.energy_wh);
        case 4:
            return read_varint(in, usage.water_ml);
        case 5:
            return read_bool(in, usage.aborted);
        case 6:
            return read_varints(in, usage.counter);
        case 7:
            return read_varints(in, usage.counter_value);
        default:
            return in.skip();
    }
}

void read_field(WireReader& in, LifecycleMessage& event) {
    switch (in.number()) {
        case 1:
            return read_enum(in, event.kind);
        case 2:
            return read_enum(in, event.reset_reason);
        case 3:
            return read_text(in, event.firmware);
        case 4:
            return read_zigzag(in, event.wall_unix_ms);
        case 5:
            return read_enum(in, event.clock_quality);
        case 6:
            return read_varint(in, event.consent_epoch);
        case 7:
            return read_varint(in, event.consent_purposes);
        case 8:
            return read_varint(in, event.component);
        case 9:
            return read_varint(in, event.lost_count);
        case 10:
            return read_varint(in, event.config_version);
        case 11:
            return read_enum(in, event.config_refusal);
        default:
            return in.skip();
    }
}

void read_field(WireReader& in, SelfTestMessage& test) {
    switch (in.number()) {
        case 1:
            return read_varint(in, test.test_id);
        case 2:
            return read_varint(in, test.request_id);
        case 3:
            return read_enum(in, test.result);
        case 4:
            return read_varints(in, test.measured_metric);
        case 5:
            return read_floats(in, test.measured_value);
        default:
            return in.skip();
    }
}

// Column leaves its values as they are: only counts need clearing.
void clear(FaultMessage& fault) {
    fault.code = fault.occurrences = 0;
    fault.state = 0;
    fault.snapshot_metric.clear();
    fault.snapshot_value.clear();
}

void clear(ReadingMessage& reading) {
    reading.window_ms = 0;
    reading.metric.clear();
    reading.n.clear();
    for (Values* column :
         {&reading.mean, &reading.min, &reading.max, &reading.last, &reading.deviation}) {
        column->clear();
    }
}

void clear(UsageMessage& usage) {
    usage.programme = usage.duration_s = usage.energy_wh = usage.water_ml = 0;
    usage.aborted = false;
    usage.counter.clear();
    usage.counter_value.clear();
}

void clear(LifecycleMessage& event) {
    event = {};
}

void clear(SelfTestMessage& test) {
    test.test_id = 0;
    test.request_id = 0;
    test.result = 0;
    test.measured_metric.clear();
    test.measured_value.clear();
}

/// The last kind of body wins; two of one kind are merged.
template <class Message>
void read_body(WireReader& in, RecordMessage& record, Body kind, Message& body) {
    if (!in.is(WireType::bytes)) return in.skip();
    if (record.body_case != kind) clear(body);
    record.body_case = kind;
    WireReader fields(in.bytes());
    while (fields.next()) read_field(fields, body);
    if (!fields.ok()) in.spoil();
}

void read_field(WireReader& in, RecordMessage& record) {
    switch (in.number()) {
        case 1:
            return read_varint(in, record.gap_before);
        case 2:
            return read_varint(in, record.boot);
        case 3:
            return read_varint(in, record.uptime_ms);
        case 4:
            return read_body(in, record, Body::fault, record.fault);
        case 5:
            return read_body(in, record, Body::reading, record.reading);
        case 6:
            return read_body(in, record, Body::usage, record.usage);
        case 7:
            return read_body(in, record, Body::lifecycle, record.lifecycle);
        case 8:
            return read_body(in, record, Body::self_test, record.self_test);
        default:
            return in.skip();
    }
}

/// Records beyond the limit are checked and counted in the place of the one just above it.
void read_record(WireReader& in, ReportMessage& report) {
    if (!in.is(WireType::bytes)) return in.skip();
    const std::size_t place = std::min(report.record_count++, kRecordsPerReportMax);
    if (report.records.size() <= place) report.records.resize(place + 1);
    RecordMessage& record = report.records[place];
    record.gap_before = record.boot = 0;
    record.uptime_ms = 0;
    record.body_case = Body::none;
    WireReader fields(in.bytes());
    while (fields.next()) read_field(fields, record);
    if (!fields.ok()) in.spoil();
}

void read_field(WireReader& in, ReportMessage& report) {
    switch (in.number()) {
        case 1:
            return read_varint(in, report.schema_version);
        case 2:
            return read_text(in, report.device_id);
        case 3:
            return read_text(in, report.model);
        case 4:
            return read_text(in, report.firmware);
        case 5:
            return read_fixed64(in, report.stream_id);
        case 6:
            return read_enum(in, report.lane);
        case 7:
            return read_varint(in, report.first_seq);
        case 8:
            return read_varint(in, report.oldest_seq);
        case 9:
            return read_varint(in, report.boot);
        case 10:
            return read_varint(in, report.uptime_ms);
        case 11:
            return read_zigzag(in, report.wall_unix_ms);
        case 12:
            return read_enum(in, report.clock_quality);
        case 13:
            return read_varint(in, report.consent_epoch);
        case 14:
            return read_varint(in, report.consent_purposes);
        case 15:
            return read_varint(in, report.config_version);
        case 16:
            return read_bool(in, report.ack_now);
        case 17:
            return read_varints(in, report.dropped);
        case 20:
            return read_record(in, report);
        default:
            return in.skip();
    }
}

void clear(ReportMessage& report) {
    report.schema_version = report.boot = 0;
    report.consent_epoch = report.consent_purposes = report.config_version = 0;
    report.device_id = report.model = report.firmware = {};
    report.stream_id = report.first_seq = report.oldest_seq = report.uptime_ms = 0;
    report.wall_unix_ms = 0;
    report.lane = report.clock_quality = 0;
    report.ack_now = false;
    report.dropped.clear();
    report.record_count = 0;
}

}  // namespace

bool ReportMessage::parse(std::string_view bytes) {
    clear(*this);
    WireReader in(bytes);
    while (in.next()) read_field(in, *this);
    return in.ok();
}

}  // namespace aftercare::proto
