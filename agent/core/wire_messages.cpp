#include "agent/core/wire_messages.hpp"

#include <cstring>

#include "agent/core/wire.hpp"
#include "agent/core/wire_fields.hpp"

namespace aftercare::agent {
namespace {

template <class Value>
Value load(const std::byte* at) {
    Value value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

std::uint64_t number_at(Kind kind, const std::byte* at) {
    const auto byte = static_cast<std::uint8_t>(*at);
    switch (kind) {
        case Kind::u8:
            return byte;
        case Kind::not_u8:
            return byte ^ 1U;
        case Kind::next_u8:
            return byte + 1U;
        case Kind::u32:
            return load<std::uint32_t>(at);
        case Kind::not_one: {
            const auto count = load<std::uint32_t>(at);
            return count == 1 ? 0 : count;
        }
        case Kind::zigzag:
            return zigzag(load<std::int64_t>(at));
        default:
            return load<std::uint64_t>(at);
    }
}

// True also for the two zeros. By the bits: without an FPU each comparison would be a call.
bool same(std::uint32_t a, std::uint32_t b) {
    return a == b || (a | b) << 1 == 0;
}

bool is_usual(const Column& column, const std::byte* item) {
    if (column.usual == Usual::none) return false;
    std::uint32_t usual = column.usual == Usual::one ? 1 : 0;
    if (column.usual == Usual::mean) {
        usual = load<std::uint32_t>(item + offsetof(MetricSummary, mean));
    }
    return same(load<std::uint32_t>(item + column.offset), usual);
}

void write_column(WireWriter& out, std::uint32_t field, const Column& column,
                  const std::byte* items, std::size_t item_bytes, std::size_t count) {
    bool usual = true;
    for (std::size_t i = 0; i < count; ++i)
        usual = usual && is_usual(column, items + i * item_bytes);
    if (usual) return;
    const std::size_t begun = out.begin_message(field);
    for (std::size_t i = 0; i < count; ++i) {
        const std::byte* at = items + i * item_bytes + column.offset;
        if (column.kind == Kind::float32) {
            out.raw({at, sizeof(float)});
        } else {
            out.varint(number_at(column.kind, at));
        }
    }
    out.end_message(begun);
}

void write_list(WireWriter& out, std::uint32_t field, const List& list, const std::byte* at) {
    const auto count = static_cast<std::size_t>(at[list.item_bytes * list.items_max]);
    for (std::uint32_t i = 0; i < list.column_count; ++i) {
        write_column(out, field + i, list.columns[i], at, list.item_bytes, count);
    }
}

void write_message(WireWriter& out, const Field* field, const void* message) {
    for (; field->number != 0; ++field) {
        const std::byte* at = static_cast<const std::byte*>(message) + field->offset;
        if (field->kind >= Kind::metrics) {
            const auto list =
                static_cast<std::size_t>(field->kind) - static_cast<std::size_t>(Kind::metrics);
            write_list(out, field->number, kLists[list], at);
        } else if (field->kind == Kind::text) {
            out.bytes_field(field->number, {at + 1, static_cast<std::size_t>(*at)});
        } else if (field->kind == Kind::fixed64) {
            out.fixed64_field(field->number, load<std::uint64_t>(at));
        } else {
            out.varint_field(field->number, number_at(field->kind, at));
        }
    }
}

constexpr WireType wire_type(Kind kind) {
    return kind == Kind::text || kind == Kind::bytes ? WireType::bytes
           : kind == Kind::fixed64                   ? WireType::fixed64
                                                     : WireType::varint;
}

// False when malformed, or when a text is longer than its bound. What has another type than the
// schema says is unknown, and passed over like any unknown field.
bool read_message(std::span<const std::byte> bytes, const Field* fields, void* message) {
    WireReader in{bytes};
    while (in.next()) {
        const Field* field = fields;
        while (field->number != 0 && field->number != in.field()) ++field;
        if (field->number == 0) continue;
        std::byte* at = static_cast<std::byte*>(message) + field->offset;
        if (in.type() != wire_type(field->kind)) continue;
        if (field->kind == Kind::text) {
            const auto text = in.bytes();
            if (text.size() > field->text_bytes_max) return false;
            *at = static_cast<std::byte>(text.size());
            if (!text.empty()) std::memcpy(at + 1, text.data(), text.size());
        } else if (field->kind == Kind::bytes) {
            const auto span = in.bytes();
            std::memcpy(at, &span, sizeof span);
        } else {
            const std::uint64_t value =
                field->kind == Kind::zigzag ? unzigzag(in.value()) : in.value();
            std::memcpy(at, &value, field->kind == Kind::u32 ? 4 : 8);
        }
    }
    return in.ok();
}

struct DownlinkKind {
    const Field* fields;
    void* (*emplace)(Downlink&);
};
template <class Message>
void* emplace(Downlink& downlink) {
    return &downlink.emplace<Message>();
}
// By field number, from 1 on.
constexpr DownlinkKind kDownlinkKinds[] = {{kAck, emplace<Ack>},
                                           {kConfig, emplace<Config>},
                                           {kNotice, emplace<Notice>},
                                           {kSelfTestRequest, emplace<SelfTestRequest>},
                                           {kConsentQuery, emplace<ConsentQuery>}};

}  // namespace

BodyRef::BodyRef(const Fault& body) : number(4), fields(kFault), bytes(&body) {}
BodyRef::BodyRef(const Reading& body) : number(5), fields(kReading), bytes(&body) {}
BodyRef::BodyRef(const Usage& body) : number(6), fields(kUsage), bytes(&body) {}
BodyRef::BodyRef(const Lifecycle& body) : number(7), fields(kLifecycle), bytes(&body) {}
BodyRef::BodyRef(const SelfTest& body) : number(8), fields(kSelfTest), bytes(&body) {}

std::size_t encode_record(std::uint32_t boot, std::uint64_t uptime_ms, const BodyRef& body,
                          std::span<std::byte> out) {
    WireWriter writer{out};
    writer.varint_field(2, boot);
    writer.varint_field(3, uptime_ms);
    const std::size_t begun = writer.begin_message(body.number);
    write_message(writer, body.fields, body.bytes);
    writer.end_message(begun);
    return writer.ok() ? writer.size() : 0;
}

std::size_t encode_in_report(std::span<const std::byte> stored, std::uint32_t gap_before,
                             std::span<std::byte> out) {
    WireWriter writer{out};
    const std::size_t begun = writer.begin_message(20);
    writer.varint_field(1, gap_before);
    writer.raw(stored);
    writer.end_message(begun);
    return writer.ok() ? writer.size() : 0;
}

std::size_t encode_report_header(const ReportHeader& header, std::span<std::byte> out) {
    WireWriter writer{out};
    write_message(writer, kReportHeader, &header);
    bool any_dropped = false;
    for (const std::uint32_t count : header.dropped) any_dropped |= count != 0;
    if (any_dropped) {
        const std::size_t begun = writer.begin_message(17);
        for (const std::uint32_t count : header.dropped) writer.varint(count);
        writer.end_message(begun);
    }
    return writer.ok() ? writer.size() : 0;
}

std::size_t encode_presence(const Presence& presence, std::span<std::byte> out) {
    WireWriter writer{out};
    write_message(writer, kPresence, &presence);
    return writer.ok() ? writer.size() : 0;
}

Result<Downlink, Errc> decode_downlink(std::span<const std::byte> payload) {
    if (payload.size() > kDownlinkBytesMax) return fail(Errc::invalid);
    Result<Downlink, Errc> downlink;
    WireReader in{payload};
    while (in.next()) {
        if (in.type() != WireType::bytes || in.field() > std::size(kDownlinkKinds)) continue;
        const DownlinkKind& kind = kDownlinkKinds[in.field() - 1];
        if (!read_message(in.bytes(), kind.fields, kind.emplace(*downlink))) {
            return fail(Errc::invalid);
        }
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
