// Chunks give back what went in, bit for bit, and damaged ones are refused.
#include "collector/io/sqlite/chunk_codec.hpp"

#include <zstd.h>

#include <cmath>

#include "common/rng.hpp"
#include "proto/codec.hpp"
#include "tests/contract/commits.hpp"
#include "tests/support/random_records.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;
using sqlite::ChunkCodec;

namespace {

// `plain_reports`, packed in the first format on 2026-11-22 by the program of commit 49dd1c1.
constexpr std::string_view kFirstFormat =
    "28b52ffd642e06f50f0096574d3e406d93c62c248ab935440a7765f0aca1e15414c0f8ff88134860521a"
    "e763187e9c7c204af2d2fd47d4e5ddadf32c9a73e68927e2d6ebb2b837219b4899023a0037004200d195"
    "b12f67b67c71c6d2d6972d7bdeb84dadfad603cff15ba1550d1224ad466b04e0b5211740da4e6cbb9979"
    "468800e12133d01bf7a86fdc8a01304a2919cc798b091808d7aaed7d72c8201583bcad77d59d1a7ae4cf"
    "6fcdd7e76ad5b881553f16b0c605ee70883bab623c4df1f4e61d3b95ad2989569ae08795949263002431"
    "fc70c2cd0c839b16a0c802372fb8b9c1cd0c6e6697070ed9bbad55b851381abe38b13317670c25c983cb"
    "963d6f0c9b3e07bf0193ebaa3ac617d2a5a5e852381611301d579b1c72c525b699d85d0fb5f49d1a7ae4"
    "cfef49a308260995a64f3f8622b2838094b2c12ad0b833c6146fc60e68a8e14c6daa262829284821d301"
    "e00293da1a03126012418a8042282ee7b00a249058a2bcc4c603e0862a074c086d40815c0269f240280a"
    "72e4d8894ab51795d5fbe4ee4d3234cb9c38e6400135ff097c48aef0656b73abe21b050a204c31469076"
    "2a9add1295888ac783c6bcb432692f2da44b713d314f87203b959e164305786443a2de793c0dccc395a4"
    "54dea2fa8376c9b1d23c1f296a64495b730d1532fce4b18418def388877797b2c5e33c90abff57ea5329"
    "44d2ecaaff6c1a3bfa2d882cac9fd9033bec33bb";

std::string from_hex(std::string_view hex) {
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16));
    }
    return bytes;
}

/// Sixteen reports of two slowly varying metrics, one of them of a fault, two no canonical
/// protobuf.
std::vector<RawReport> plain_reports() {
    proto::Codec wire;
    std::vector<RawReport> reports;
    for (std::uint32_t i = 0; i < 16; ++i) {
        Report report;
        report.header.device_id = "rf-1";
        report.header.model = "RF-310";
        report.header.stream_id = 5;
        report.header.lane = Lane::bulk;
        report.header.first_seq = report.header.oldest_seq = i + 1;
        report.header.boot = 1;
        report.header.uptime_ms = 60'000 * (i + 1) + i * i % 7;
        Record& record = report.records.emplace_back();
        record.seq = i + 1;
        record.boot = 1;
        record.uptime_ms = 60'000 * (i + 1);
        const float value = 20.0F + 0.25F * static_cast<float>(i % 5);
        Reading reading{.window_ms = 60'000};
        reading.metrics.add({1, 4, value, value - 1, value + 1, value, 0.5F});
        reading.metrics.add({2, 1, -value, -value, -value, -value, 0});
        record.body = reading;
        if (i == 9) record.body = Fault{.code = 41, .state = FaultState::raised};
        RawReport& raw = reports.emplace_back();
        raw.device_no = 7;
        raw.lane = Lane::bulk;
        raw.first_seq = raw.last_seq = i + 1;
        raw.record_count = 1;
        raw.t0 = hour(0) + milliseconds{60'000 * i};
        raw.received_at = raw.t0 + milliseconds{40 + i * i % 11};
        raw.bytes = wire.encode_report(report);
        if (i == 4) raw.bytes = std::string("\x08\x81\x00", 3);
        if (i == 12) raw.bytes.resize(raw.bytes.size() - 1);
    }
    return reports;
}

}  // namespace

TEST_GROUP(Chunk) {
    ChunkCodec codec;
    proto::Codec wire;
    Rng rng{20'261'121};

    RawReport report(std::string bytes) {
        RawReport raw;
        raw.device_no = 7;
        raw.lane = Lane::bulk;
        raw.first_seq = rng.below(1'000'000);
        raw.last_seq = raw.first_seq + rng.below(300);
        raw.record_count = static_cast<std::uint32_t>(rng.below(257));
        raw.t0 = hour(static_cast<std::int64_t>(rng.below(10'000)) - 5'000);
        raw.received_at = hour(static_cast<std::int64_t>(rng.below(10'000)));
        raw.bytes = std::move(bytes);
        return raw;
    }
    std::string noise(std::size_t size) {
        std::string bytes(size, '\0');
        for (char& c : bytes) c = static_cast<char>(rng.below(256));
        return bytes;
    }
    void comes_back(const std::vector<RawReport>& reports) {
        comes_back_from(codec.pack(reports), reports);
    }
    void comes_back_from(const std::string& packed, const std::vector<RawReport>& reports) {
        const auto back = codec.unpack(packed, reports.front());
        if (!back) FAIL(back.error().message.c_str());
        UNSIGNED_LONGS_EQUAL(reports.size(), back->size());
        for (std::size_t i = 0; i < reports.size(); ++i) {
            const RawReport& a = reports[i];
            const RawReport& b = (*back)[i];
            CHECK(a.bytes == b.bytes);
            CHECK(a.device_no == b.device_no && a.lane == b.lane && a.stream_id == b.stream_id);
            CHECK(a.first_seq == b.first_seq && a.last_seq == b.last_seq);
            CHECK(a.record_count == b.record_count && a.t0 == b.t0);
            CHECK(a.received_at == b.received_at);
        }
    }
};

TEST(Chunk, gives_back_random_reports_bit_for_bit) {
    for (int round = 0; round < 40; ++round) {
        std::vector<RawReport> reports;
        for (std::uint64_t i = 0; i <= rng.below(30); ++i) {
            reports.push_back(report(wire.encode_report(test::random_report(rng, 24))));
        }
        comes_back(reports);
    }
}

// promise: telemetry-kept
TEST(Chunk, gives_back_bytes_that_are_no_report_and_fields_of_later_versions) {
    using namespace std::string_literals;
    std::string later = wire.encode_report(test::random_report(rng, 3));
    later += "\xF8\x07\x2A"s;                      // field 127, a number
    later += "\xFA\x07\x03xyz"s;                   // field 127, text
    later += "\xA2\x01\x05\x10\x01\x58\xAC\x02"s;  // a record of an unknown kind
    later += "\x8D\x08\x01\x02\x03\x04"s;          // field 129, fixed32
    later += "\x91\x08\x01\x02\x03\x04\x05\x06\x07\x08"s;
    std::vector<RawReport> reports{
        report(later),
        report(""),
        report("\x08\x81\x00"s),      // a number with a byte too many
        report("\x0B\x0C"s),          // groups
        report("\xA2\x01\x02\xFF"s),  // a record cut short
        report("\xA2\x01\x02\x0B\x0C"s),
        report(std::string(3, '\0')),
        report(later),
    };
    comes_back(reports);
    for (std::size_t size = 1; size < 200; ++size) comes_back({report(noise(size))});
    for (std::size_t size = 0; size < later.size(); ++size) {
        comes_back({report(later.substr(0, size))});
    }
}

TEST(Chunk, keeps_extreme_numbers) {
    RawReport raw = report("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01");
    raw.first_seq = 1;
    raw.last_seq = ~Seq{0};
    raw.record_count = ~std::uint32_t{0};
    raw.t0 = wall_from_unix_ms(std::numeric_limits<std::int64_t>::min());
    raw.received_at = wall_from_unix_ms(std::numeric_limits<std::int64_t>::max());
    comes_back({raw, report("\x08\x00"), raw});
}

TEST(Chunk, that_is_damaged_is_refused) {
    std::vector<RawReport> reports;
    for (int i = 0; i < 8; ++i) {
        reports.push_back(report(wire.encode_report(test::random_report(rng, 8))));
    }
    const std::string sound = codec.pack(reports);
    for (std::size_t i = 0; i < sound.size(); ++i) {
        std::string damaged = sound;
        damaged[i] = static_cast<char>(damaged[i] ^ (1 << rng.below(8)));
        const auto read = codec.unpack(damaged, reports.front());
        // Not every bit of a frame's head means something; what is read must then be right.
        if (!read) continue;
        CHECK(read->size() == reports.size() && read->back().bytes == reports.back().bytes);
    }
    for (std::size_t size = 0; size < sound.size(); ++size) {
        const auto read = codec.unpack(sound.substr(0, size), reports.front());
        CHECK(!read && read.error().code == Errc::corrupt);
    }
}

TEST(Chunk, of_the_first_format_is_read_for_ever) {
    comes_back_from(from_hex(kFirstFormat), plain_reports());
    comes_back(plain_reports());
}

TEST(Chunk, of_a_later_format_is_refused) {
    using namespace std::string_literals;
    const std::string later = "\0\x03\x01"s;
    std::string frame(64, '\0');
    frame.resize(ZSTD_compress(frame.data(), frame.size(), later.data(), later.size(), 3));
    const auto read = codec.unpack(frame, plain_reports().front());
    CHECK(!read && read.error().code == Errc::corrupt);
}

// A sensor of four decimals and a noise of 1.5 holds log2(1.5e4 * 4.13) = 15.9 bits a value
// (entropy of a normal distribution in steps of 1e-4), so six of them 12 bytes; as floats they
// take 18.
TEST(Chunk, of_decimal_noise_is_little_larger_than_the_noise) {
    std::vector<RawReport> reports;
    constexpr std::uint32_t kReports = 2'000;
    for (std::uint32_t i = 0; i < kReports; ++i) {
        Report message;
        message.header.device_id = "rf-1";
        message.header.first_seq = message.header.oldest_seq = i + 1;
        message.header.stream_id = 5;
        message.header.boot = 1;
        message.header.uptime_ms = 60'000 * (i + 1);
        Record& record = message.records.emplace_back();
        record.seq = i + 1;
        record.boot = 1;
        record.uptime_ms = 60'000 * (i + 1);
        Reading reading{.window_ms = 60'000};
        for (std::uint32_t id = 1; id <= 6; ++id) {
            const double value = std::round(rng.normal(170, 1.5) * 1e4) / 1e4;
            const auto last = static_cast<float>(value);
            reading.metrics.add({id, 1, last, last, last, last, 0});
        }
        record.body = reading;
        RawReport raw = report(wire.encode_report(message));
        raw.first_seq = raw.last_seq = i + 1;
        raw.record_count = 1;
        raw.t0 = hour(0) + milliseconds{60'000 * i};
        raw.received_at = raw.t0;
        reports.push_back(raw);
    }
    comes_back(reports);
    const double bytes = static_cast<double>(codec.pack(reports).size()) / kReports;
    CHECK(bytes > 11.9 && bytes < 13.0);
}
