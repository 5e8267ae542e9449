// Chunks give back what went in, bit for bit, and damaged ones are refused.
#include "collector/io/sqlite/chunk_codec.hpp"

#include "common/rng.hpp"
#include "proto/codec.hpp"
#include "tests/contract/commits.hpp"
#include "tests/support/random_records.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;
using sqlite::ChunkCodec;

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
        const auto back = codec.unpack(codec.pack(reports), reports.front());
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
