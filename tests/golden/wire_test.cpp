#include <cstdlib>
#include <fstream>

#include "agent/core/wire.hpp"
#include "agent/core/wire_messages.hpp"
#include "proto/codec.hpp"
#include "tests/golden/vectors.hpp"
#include "tests/support/random_records.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;

namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span{text.data(), text.size()});
}

// Hex digits; blanks and lines beginning with # are for people.
std::string vector_bytes(const std::string& name) {
    std::ifstream in{AFTERCARE_SOURCE_DIR "/tests/golden/" + name + ".hex"};
    std::string bytes;
    std::string digits;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with('#')) continue;
        for (const char c : line) {
            if (c == ' ') continue;
            digits += c;
            if (digits.size() < 2) continue;
            bytes += static_cast<char>(std::strtoul(digits.c_str(), nullptr, 16));
            digits.clear();
        }
    }
    return bytes;
}

std::size_t encode_stored(const Record& record, std::span<std::byte> out) {
    return std::visit(
        [&](const auto& body) -> std::size_t {
            if constexpr (std::is_same_v<std::decay_t<decltype(body)>, UnknownRecord>) {
                agent::WireWriter writer{out};
                writer.varint_field(2, record.boot);
                writer.varint_field(3, record.uptime_ms);
                return writer.size();
            } else {
                return agent::encode_record(record.boot, record.uptime_ms, body, out);
            }
        },
        record.body);
}

// A report as the device puts it together: stored records first, envelope and header when sending.
std::string encode_on_device(const Report& report) {
    std::string out(kReportBytesMax, '\0');
    const auto span = std::as_writable_bytes(std::span{out.data(), out.size()});
    std::size_t used = agent::encode_report_header(report.header, span);
    for (const Record& record : report.records) {
        std::array<std::byte, agent::kRecordBytesMax> stored;
        const std::size_t size = encode_stored(record, stored);
        const std::size_t put = agent::encode_in_report(std::span{stored}.first(size),
                                                        record.gap_before, span.subspan(used));
        if (size == 0 || put == 0) return {};
        used += put;
    }
    out.resize(used);
    return out;
}

}  // namespace

TEST_GROUP(GoldenWire) {
    proto::Codec codec;

    void check_bytes(const std::string& name, const std::string& actual) {
        const std::string expected = vector_bytes(name);
        CHECK_TEXT(!expected.empty(), name.c_str());
        LONGS_EQUAL_TEXT(expected.size(), actual.size(), name.c_str());
        CHECK_TEXT(expected == actual, name.c_str());
    }
};

TEST(GoldenWire, both_encoders_give_the_vectors_and_the_decoder_reads_them) {
    for (const auto& [name, report] : golden::reports()) {
        const std::string file = std::string("report_") + name;
        check_bytes(file, codec.encode_report(report));
        check_bytes(file, encode_on_device(report));
        Report decoded;
        CHECK_TRUE(codec.decode_report(bytes_of(vector_bytes(file)), decoded).has_value());
        CHECK_TEXT(test::same(report, decoded), name);
    }
}

TEST(GoldenWire, the_device_reads_the_downlink_vectors) {
    for (const auto& [name, downlink] : golden::downlinks()) {
        const std::string file = std::string("down_") + name;
        check_bytes(file, codec.encode_downlink(downlink));
        const std::string wire = vector_bytes(file);
        const auto on_device = agent::decode_downlink(bytes_of(wire));
        CHECK_TEXT(on_device.has_value(), name);
        // Equal when both say the same again.
        CHECK_TEXT(codec.encode_downlink(*on_device) == wire, name);
    }
}

TEST(GoldenWire, telemetry_settings_are_as_they_were) {
    const auto expected = golden::telemetry_bytes();
    const std::string actual = codec.encode_telemetry_settings(golden::telemetry_settings());
    CHECK_TRUE(std::equal(expected.begin(), expected.end(), bytes_of(actual).begin(),
                          bytes_of(actual).end()));
}

TEST(GoldenWire, presence_is_as_it_was) {
    std::array<std::byte, kPresenceBytesMax> bytes;
    const std::size_t size = agent::encode_presence(golden::presence(), bytes);
    check_bytes("presence", {reinterpret_cast<const char*>(bytes.data()), size});
    check_bytes("presence", codec.encode_presence(golden::presence()));
}

TEST(GoldenWire, both_encoders_agree_on_twenty_thousand_random_records) {
    Rng rng{42};
    std::size_t records = 0;
    while (records < 20'000) {
        const Report report = test::random_report(rng, 40);
        const std::string host = codec.encode_report(report);
        if (host.size() > kReportBytesMax) continue;
        const std::string device = encode_on_device(report);
        CHECK_TRUE(host == device);
        records += report.records.size();
    }
}

TEST(GoldenWire, buckets_are_those_of_the_wire_format_page) {
    const std::pair<const char*, unsigned> vectors[] = {{"wm-0001", 17}, {"wm-0002", 37},
                                                        {"fr-0001", 51}, {"ac-0001", 29},
                                                        {"a", 48},       {"A_b-9", 45}};
    for (const auto& [device, bucket] : vectors) LONGS_EQUAL(bucket, bucket_of(device));
    STRCMP_EQUAL("aftercare/v1/acme/17/wm-0001/up",
                 std::string(format_topic("acme", "wm-0001", Leg::up).view()).c_str());
}

TEST(GoldenWire, the_largest_record_and_header_fit_their_bounds) {
    Record record;
    record.boot = UINT32_MAX;
    record.uptime_ms = UINT64_MAX;
    Reading reading{.window_ms = UINT32_MAX};
    for (std::size_t i = 0; i < kMetricsPerReadingMax; ++i) {
        reading.metrics.add({UINT32_MAX, UINT32_MAX, 1, 0, 2, 1.5F, 1});
    }
    record.body = reading;
    std::array<std::byte, agent::kRecordBytesMax> bytes;
    const std::size_t largest = encode_stored(record, bytes);
    CHECK_TRUE(largest > 500);
    Usage usage{UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, false, {}};
    while (usage.counters.add({UINT32_MAX, UINT64_MAX})) {
    }
    record.body = usage;
    CHECK_TRUE(encode_stored(record, bytes) > 0);

    ReportHeader h;
    h.device_id.assign(std::string(64, 'd'));
    h.model.assign(std::string(32, 'm'));
    h.firmware.assign(std::string(32, 'f'));
    h.schema_version = h.boot = h.consent_epoch = h.consent_purposes = h.config_version =
        UINT32_MAX;
    h.stream_id = h.first_seq = h.oldest_seq = h.uptime_ms = UINT64_MAX;
    h.wall_unix_ms = INT64_MIN;
    h.clock_quality = ClockQuality::synced;
    h.dropped.fill(UINT32_MAX);
    h.ack_now = true;
    std::array<std::byte, agent::kReportHeaderBytesMax> header;
    CHECK_TRUE(agent::encode_report_header(h, header) > 0);
}

TEST(GoldenWire, the_device_ignores_what_it_does_not_know_and_refuses_what_is_broken) {
    // Field 15 of a later version beside an ack; a kind of a later version alone.
    const std::string with_unknown = "\x7a\x03xyz" + vector_bytes("down_ack");
    const auto ack = agent::decode_downlink(bytes_of(with_unknown));
    CHECK_TRUE(ack && std::holds_alternative<Ack>(*ack));
    const std::string later = "\x7a\x03xyz";
    CHECK_TRUE(std::holds_alternative<UnknownDown>(*agent::decode_downlink(bytes_of(later))));
    CHECK_FALSE(
        agent::decode_downlink(bytes_of(std::string(kDownlinkBytesMax + 1, '\0'))).has_value());
    Rng rng{5};
    for (int i = 0; i < 50'000; ++i) {
        std::string wire = vector_bytes("down_notice").substr(0, rng.below(60));
        for (auto& c : wire) {
            if (rng.chance(0.1)) c = static_cast<char>(rng.below(256));
        }
        // No crash and no read beyond the end: the sanitizer build watches.
        static_cast<void>(agent::decode_downlink(bytes_of(wire)));
    }
}
