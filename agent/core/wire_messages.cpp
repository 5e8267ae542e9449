#include "agent/core/wire_messages.hpp"

#include <cstring>

#include "agent/core/wire.hpp"

namespace aftercare::agent {
namespace {

// One member of each item of a list, seen as a column. One function for all columns keeps the code
// small.
struct Column {
    const void* first = nullptr;
    std::size_t stride = 0;
    std::uint8_t count = 0;

    template <class Item, std::size_t kMax, class Member>
    Column(const BoundedList<Item, kMax>& list, Member Item::*member)
        : first(&(list.items[0].*member)), stride(sizeof(Item)), count(list.count) {}
    Column(const std::uint32_t* values, std::uint8_t how_many)
        : first(values), stride(sizeof(std::uint32_t)), count(how_many) {}

    template <class Value>
    [[nodiscard]] Value at(std::uint8_t i) const {
        Value value;
        std::memcpy(&value, static_cast<const char*>(first) + i * stride, sizeof value);
        return value;
    }
};

// Packed lists: tag, length in bytes, elements. Nothing at all when empty.
template <class Value>
void packed_varints(WireWriter& out, std::uint32_t field, const Column& column) {
    if (column.count == 0) return;
    std::size_t bytes = 0;
    for (std::uint8_t i = 0; i < column.count; ++i) bytes += varint_bytes(column.at<Value>(i));
    out.tag(field, 2);
    out.varint(bytes);
    for (std::uint8_t i = 0; i < column.count; ++i) out.varint(column.at<Value>(i));
}

void packed_floats(WireWriter& out, std::uint32_t field, const Column& column) {
    if (column.count == 0) return;
    out.tag(field, 2);
    out.varint(4U * column.count);
    for (std::uint8_t i = 0; i < column.count; ++i) out.float32(column.at<float>(i));
}

template <class List>
void metric_values(WireWriter& out, std::uint32_t field, const List& list) {
    packed_varints<std::uint32_t>(out, field, {list, &MetricValue::metric_id});
    packed_floats(out, field + 1, {list, &MetricValue::value});
}

void write(WireWriter& out, const Fault& fault) {
    out.varint_field(1, fault.code);
    out.varint_field(2, static_cast<std::uint64_t>(fault.state));
    out.varint_field(3, fault.occurrences == 1 ? 0 : fault.occurrences);
    metric_values(out, 4, fault.snapshot);
}

// A column that says nothing new is left out as a whole.
void write(WireWriter& out, const Reading& reading) {
    bool n = false, min = false, max = false, last = false, deviation = false;
    for (const MetricSummary& m : reading.metrics) {
        n |= m.n != 1;
        min |= m.min != m.mean;
        max |= m.max != m.mean;
        last |= m.last != m.mean;
        deviation |= m.deviation != 0;
    }
    const auto& metrics = reading.metrics;
    out.varint_field(1, reading.window_ms);
    packed_varints<std::uint32_t>(out, 2, {metrics, &MetricSummary::metric_id});
    packed_floats(out, 3, {metrics, &MetricSummary::mean});
    if (n) packed_varints<std::uint32_t>(out, 4, {metrics, &MetricSummary::n});
    if (min) packed_floats(out, 5, {metrics, &MetricSummary::min});
    if (max) packed_floats(out, 6, {metrics, &MetricSummary::max});
    if (last) packed_floats(out, 7, {metrics, &MetricSummary::last});
    if (deviation) packed_floats(out, 8, {metrics, &MetricSummary::deviation});
}

void write(WireWriter& out, const Usage& usage) {
    out.varint_field(1, usage.programme_id);
    out.varint_field(2, usage.duration_s);
    out.varint_field(3, usage.energy_wh);
    out.varint_field(4, usage.water_ml);
    out.varint_field(5, usage.completed ? 0 : 1);
    packed_varints<std::uint32_t>(out, 6, {usage.counters, &CounterValue::counter_id});
    packed_varints<std::uint64_t>(out, 7, {usage.counters, &CounterValue::value});
}

void write(WireWriter& out, const Lifecycle& event) {
    out.varint_field(1, static_cast<std::uint64_t>(event.kind));
    out.varint_field(2, static_cast<std::uint64_t>(event.reset_reason));
    out.text_field(3, event.firmware);
    out.signed_field(4, event.wall_unix_ms);
    out.varint_field(5, static_cast<std::uint64_t>(event.clock_quality));
    out.varint_field(6, event.consent_epoch);
    out.varint_field(7, event.consent_purposes);
    out.varint_field(8, event.component_id);
    out.varint_field(9, event.lost_count);
    out.varint_field(10, event.config_version);
}

void write(WireWriter& out, const SelfTest& test) {
    out.varint_field(1, test.test_id);
    out.varint_field(2, test.request_id);
    out.varint_field(3, static_cast<std::uint64_t>(test.result));
    metric_values(out, 4, test.measured);
}

template <class Body>
void write_erased(WireWriter& out, const void* body) {
    write(out, *static_cast<const Body*>(body));
}

template <std::size_t kMax>
bool read_text(const WireReader& in, FixedText<kMax>& text) {
    text.assign(in.text());
    return text.fits(in.text());
}

bool read_notice(WireReader in, Notice& notice) {
    while (in.next()) {
        switch (in.field()) {
            case 1:
                notice.notice_id = in.value();
                break;
            case 2:
                if (!read_text(in, notice.message_key)) return false;
                break;
            case 3:
                if (!read_text(in, notice.language)) return false;
                break;
            case 4:
                if (!read_text(in, notice.article)) return false;
                break;
            case 5:
                notice.expires_unix_ms = in.signed_value();
                break;
            default:
                break;
        }
    }
    return in.ok();
}

// The other kinds are a handful of numbers.
struct Numbers {
    std::uint64_t value[5] = {};
    bool ok = true;
};

Numbers read_numbers(WireReader in) {
    Numbers numbers;
    while (in.next()) {
        if (in.field() < 5) numbers.value[in.field()] = in.value();
    }
    numbers.ok = in.ok();
    return numbers;
}

void set_downlink(std::uint32_t kind, const Numbers& n, Downlink& downlink) {
    const auto narrow = [&](int i) { return static_cast<std::uint32_t>(n.value[i]); };
    switch (kind) {
        case 1:
            downlink = Ack{n.value[1], {n.value[2], n.value[3]}};
            break;
        case 2:
            downlink = Config{narrow(1), narrow(2), narrow(3), narrow(4)};
            break;
        case 4:
            downlink = SelfTestRequest{n.value[1], narrow(2)};
            break;
        case 5:
            downlink = ConsentQuery{n.value[1]};
            break;
        default:
            downlink = UnknownDown{};
    }
}

}  // namespace

BodyRef::BodyRef(const Fault& body) : field(4), bytes(&body), write(&write_erased<Fault>) {}
BodyRef::BodyRef(const Reading& body) : field(5), bytes(&body), write(&write_erased<Reading>) {}
BodyRef::BodyRef(const Usage& body) : field(6), bytes(&body), write(&write_erased<Usage>) {}
BodyRef::BodyRef(const Lifecycle& body) : field(7), bytes(&body), write(&write_erased<Lifecycle>) {}
BodyRef::BodyRef(const SelfTest& body) : field(8), bytes(&body), write(&write_erased<SelfTest>) {}

std::size_t encode_record(std::uint32_t boot, std::uint64_t uptime_ms, const BodyRef& body,
                          std::span<std::byte> out) {
    WireWriter writer{out};
    writer.varint_field(2, boot);
    writer.varint_field(3, uptime_ms);
    const std::size_t begun = writer.begin_message(body.field);
    body.write(writer, body.bytes);
    writer.end_message(begun);
    return writer.ok() ? writer.size() : 0;
}

std::size_t encode_in_report(std::span<const std::byte> stored, std::uint32_t gap_before,
                             std::span<std::byte> out) {
    WireWriter writer{out};
    const std::size_t gap_bytes = gap_before == 0 ? 0 : 1 + varint_bytes(gap_before);
    writer.tag(20, 2);
    writer.varint(gap_bytes + stored.size());
    writer.varint_field(1, gap_before);
    writer.raw(stored);
    return writer.ok() ? writer.size() : 0;
}

std::size_t encode_report_header(const ReportHeader& header, std::span<std::byte> out) {
    WireWriter writer{out};
    writer.varint_field(1, header.schema_version);
    writer.text_field(2, header.device_id);
    writer.text_field(3, header.model);
    writer.text_field(4, header.firmware);
    writer.fixed64_field(5, header.stream_id);
    writer.varint_field(6, header.lane == Lane::urgent ? 1 : 2);
    writer.varint_field(7, header.first_seq);
    writer.varint_field(8, header.oldest_seq);
    writer.varint_field(9, header.boot);
    writer.varint_field(10, header.uptime_ms);
    writer.signed_field(11, header.wall_unix_ms);
    writer.varint_field(12, static_cast<std::uint64_t>(header.clock_quality));
    writer.varint_field(13, header.consent_epoch);
    writer.varint_field(14, header.consent_purposes);
    writer.varint_field(15, header.config_version);
    writer.varint_field(16, header.ack_now ? 1 : 0);
    bool any_dropped = false;
    for (const std::uint32_t count : header.dropped) any_dropped |= count != 0;
    if (any_dropped) {
        packed_varints<std::uint32_t>(writer, 17, {header.dropped.data(), kRecordClassCount});
    }
    return writer.ok() ? writer.size() : 0;
}

std::size_t encode_presence(const Presence& presence, std::span<std::byte> out) {
    WireWriter writer{out};
    writer.varint_field(1, presence.online ? 1 : 0);
    writer.varint_field(2, presence.boot);
    writer.fixed64_field(3, presence.stream_id);
    writer.text_field(4, presence.firmware);
    return writer.ok() ? writer.size() : 0;
}

Result<Downlink, Errc> decode_downlink(std::span<const std::byte> payload) {
    if (payload.size() > kDownlinkBytesMax) return fail(Errc::invalid);
    Result<Downlink, Errc> downlink;
    WireReader in{payload};
    while (in.next()) {
        if (in.type() != WireType::bytes || in.field() > 5) continue;
        if (in.field() == 3) {
            if (!read_notice(WireReader{in.bytes()}, downlink->emplace<Notice>())) {
                return fail(Errc::invalid);
            }
            continue;
        }
        const Numbers numbers = read_numbers(WireReader{in.bytes()});
        if (!numbers.ok) return fail(Errc::invalid);
        set_downlink(in.field(), numbers, *downlink);
    }
    if (!in.ok()) return fail(Errc::invalid);
    return downlink;
}

std::uint32_t stored_fault_code(std::span<const std::byte> stored) {
    WireReader record{stored};
    while (record.next()) {
        if (record.field() != 4) continue;
        WireReader fault{record.bytes()};
        while (fault.next()) {
            if (fault.field() == 1) return fault.value32();
        }
    }
    return 0;
}

}  // namespace aftercare::agent
