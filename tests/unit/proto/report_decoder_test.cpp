// The collector's own report decoder beside libprotobuf, on sound, spoiled and odd messages.
#include <aftercare/v1/telemetry.pb.h>

#include "proto/codec.hpp"
#include "tests/support/random_records.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;

namespace {
std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span{text.data(), text.size()});
}
}  // namespace

TEST_GROUP(ReportDecoder) {
    proto::Codec codec;
    Report decoded;
    Report again;
    v1::Report message;

    /// Same verdict, and the same report as from libprotobuf's own writing of what it understood.
    void check_alike(const std::string& wire) {
        const auto ours = codec.decode_report(bytes_of(wire), decoded);
        const bool ours_parsed = ours || ours.error().reason != RefusalReason::bad_protobuf;
        CHECK_EQUAL(message.ParseFromString(wire), ours_parsed);
        if (!ours_parsed) return;
        const auto theirs = codec.decode_report(bytes_of(message.SerializeAsString()), again);
        CHECK_EQUAL(theirs.has_value(), ours.has_value());
        if (!ours) {
            CHECK_TRUE(theirs.error().reason == ours.error().reason);
            return;
        }
        CHECK_TRUE(test::same(decoded, again));
    }

    std::string sound(Rng & rng) {
        return codec.encode_report(test::random_report(rng, 4));
    }
};

TEST(ReportDecoder, judges_spoiled_reports_as_libprotobuf_does) {
    Rng rng{11};
    for (int i = 0; i < 30'000; ++i) {
        std::string wire = sound(rng);
        if (rng.below(3) == 0) wire.resize(rng.below(wire.size() + 1));
        for (auto flips = rng.below(4); flips > 0 && !wire.empty(); --flips) {
            wire[rng.below(wire.size())] = static_cast<char>(rng.below(256));
        }
        check_alike(wire);
    }
}

TEST(ReportDecoder, merges_what_comes_twice_and_takes_fields_in_any_order) {
    Rng rng{12};
    for (int i = 0; i < 5'000; ++i) {
        const std::string first = sound(rng);
        const std::string second = sound(rng);
        check_alike(first + second);
        v1::Report two;
        CHECK_TRUE(two.ParseFromString(first));
        v1::Record& record = *two.mutable_records(0);
        const std::string body = record.SerializeAsString();
        CHECK_TRUE(two.ParseFromString(second));
        // A record's bytes twice over in one record: bodies merge, or the last kind wins.
        const std::string merged = body + two.records(0).SerializeAsString();
        std::string wire = first;
        wire += "\xA2\x01";  // field 20, with a length
        wire += static_cast<char>((merged.size() & 0x7FU) | 0x80U);
        wire += static_cast<char>(merged.size() >> 7);
        check_alike(wire + merged);
    }
}

TEST(ReportDecoder, passes_over_unknown_fields_and_other_wire_types) {
    Rng rng{13};
    for (int i = 0; i < 20'000; ++i) {
        std::string wire = sound(rng);
        for (auto extra = 1 + rng.below(3); extra > 0; --extra) {
            const auto number = 1 + rng.below(40);
            const auto tag = number << 3 | rng.below(8);
            wire += static_cast<char>(tag > 127 ? (tag & 0x7FU) | 0x80U : tag);
            if (tag > 127) wire += static_cast<char>(tag >> 7);
            for (auto size = rng.below(12); size > 0; --size) {
                wire += static_cast<char>(rng.below(4) == 0 ? rng.below(256) : rng.below(16));
            }
        }
        check_alike(wire);
    }
}
