#include "proto/codec.hpp"

#include <aftercare/v1/telemetry.pb.h>
#include <google/protobuf/unknown_field_set.h>

#include "tests/support/random_records.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;

namespace {
std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span{text.data(), text.size()});
}
}  // namespace

TEST_GROUP(Codec) {
    proto::Codec codec;
    Report decoded;

    void check_round_trip(const Report& report) {
        const std::string wire = codec.encode_report(report);
        const auto result = codec.decode_report(bytes_of(wire), decoded);
        CHECK_TRUE_TEXT(result.has_value(), result ? "" : result.error().detail.c_str());
        CHECK_TRUE(test::same(report, decoded));
    }
};

TEST(Codec, gives_back_ten_thousand_random_records_as_they_were) {
    Rng rng{7};
    std::size_t records = 0;
    while (records < 10'000) {
        const Report report = test::random_report(rng, 40);
        check_round_trip(report);
        records += report.records.size();
    }
}

TEST(Codec, keeps_the_place_of_a_record_kind_it_does_not_know) {
    Rng rng{1};
    Report report = test::random_report(rng, 1);
    report.header.lane = Lane::bulk;
    report.header.first_seq = 10;
    report.header.oldest_seq = 10;
    report.header.boot = 1;
    report.records.clear();
    v1::Report message;
    CHECK_TRUE(message.ParseFromString(codec.encode_report(report)));
    for (int i = 0; i < 3; ++i) {
        v1::Record& record = *message.add_records();
        record.set_boot(1);
        if (i == 1) {
            // Field 99, length-delimited: a body of some later version.
            record.GetReflection()->MutableUnknownFields(&record)->AddLengthDelimited(
                99, "from the future");
        } else {
            record.mutable_usage()->set_duration_s(60);
        }
    }
    message.GetReflection()->MutableUnknownFields(&message)->AddVarint(500, 7);
    const std::string wire = message.SerializeAsString();
    CHECK_TRUE(codec.decode_report(bytes_of(wire), decoded).has_value());
    LONGS_EQUAL(3, decoded.records.size());
    CHECK_TRUE(std::holds_alternative<UnknownRecord>(decoded.records[1].body));
    LONGS_EQUAL(11, decoded.records[1].seq);
    CHECK_TRUE(std::holds_alternative<Usage>(decoded.records[2].body));
    LONGS_EQUAL(12, decoded.records[2].seq);
}

TEST(Codec, fills_seq_from_first_seq_and_gaps) {
    Report report;
    report.header.device_id = "d";
    report.header.stream_id = 1;
    report.header.lane = Lane::urgent;
    report.header.first_seq = 5;
    report.header.oldest_seq = 5;
    report.header.boot = 1;
    report.records.resize(3);
    const std::array<std::uint32_t, 3> gaps{4, 0, 2};
    for (std::size_t i = 0; i < 3; ++i) {
        report.records[i].boot = 1;
        report.records[i].gap_before = gaps[i];
        report.records[i].body = Fault{.code = 18, .state = FaultState::occurred};
    }
    CHECK_TRUE(codec.decode_report(bytes_of(codec.encode_report(report)), decoded).has_value());
    LONGS_EQUAL(5, decoded.records[0].seq);
    LONGS_EQUAL(6, decoded.records[1].seq);
    LONGS_EQUAL(9, decoded.records[2].seq);
}

TEST(Codec, survives_random_bytes_and_cut_messages) {
    Rng rng{3};
    for (int i = 0; i < 20'000; ++i) {
        std::string wire = codec.encode_report(test::random_report(rng, 4));
        const auto kind = rng.below(3);
        if (kind == 0) wire.resize(rng.below(wire.size() + 1));
        if (kind != 0) {
            for (auto flips = 1 + rng.below(4); flips > 0; --flips) {
                wire[rng.below(wire.size())] ^= static_cast<char>(1U << rng.below(8));
            }
        }
        // Either outcome is right; what matters is that every accepted report is within its bounds.
        if (!codec.decode_report(bytes_of(wire), decoded)) continue;
        CHECK_TRUE(decoded.records.size() <= kRecordsPerReportMax);
        CHECK_TRUE(!decoded.records.empty() ||
                   (decoded.header.first_seq == decoded.header.oldest_seq &&
                    decoded.header.first_seq > 1));
        CHECK_TRUE(valid_id(decoded.header.device_id));
        CHECK_TRUE(decoded.header.oldest_seq <= decoded.header.first_seq);
    }
}

TEST(Codec, gives_back_every_downlink_as_it_was) {
    const Notice notice{7, "descale_due", "de", "kb-88", 1'767'225'600'000};
    auto back = codec.decode_downlink(bytes_of(codec.encode_downlink(Downlink{notice})));
    CHECK_TRUE(back.has_value());
    const auto* n = std::get_if<Notice>(&*back);
    CHECK_TRUE(n && n->notice_id == 7 && n->message_key == notice.message_key &&
               n->language == notice.language && n->article == notice.article &&
               n->expires_unix_ms == notice.expires_unix_ms);
    back = codec.decode_downlink(bytes_of(codec.encode_downlink(Downlink{Ack{9, {5, 1'000'000}}})));
    const auto* ack = std::get_if<Ack>(&*back);
    CHECK_TRUE(ack && ack->stream_id == 9 && ack->through[0] == 5 && ack->through[1] == 1'000'000);
    back = codec.decode_downlink(bytes_of(codec.encode_downlink(Downlink{Config{3, 900, 60, 20}})));
    const auto* config = std::get_if<Config>(&*back);
    CHECK_TRUE(config && config->version == 3 && config->reading_window_s == 900 &&
               config->flush_delay_s == 60 && config->records_per_report == 20);
    back = codec.decode_downlink(bytes_of(codec.encode_downlink(Downlink{SelfTestRequest{11, 4}})));
    const auto* request = std::get_if<SelfTestRequest>(&*back);
    CHECK_TRUE(request && request->request_id == 11 && request->test_id == 4);
    back = codec.decode_downlink(bytes_of(codec.encode_downlink(Downlink{ConsentQuery{12}})));
    const auto* query = std::get_if<ConsentQuery>(&*back);
    CHECK_TRUE(query && query->request_id == 12);
    CHECK_TRUE(std::holds_alternative<UnknownDown>(*codec.decode_downlink({})));
}

TEST(Codec, gives_back_presence_as_it_was) {
    const Presence presence{true, 12, 0xFEDCBA9876543210, "2.13.0"};
    const auto back = codec.decode_presence(bytes_of(codec.encode_presence(presence)));
    CHECK_TRUE(back && back->online && back->boot == 12 && back->stream_id == presence.stream_id &&
               back->firmware == presence.firmware);
    CHECK_FALSE(codec.decode_presence(bytes_of(std::string(300, 'x'))).has_value());
}
