// One mutation of a sound report per row, and the reason it must be refused with.
#include <aftercare/v1/telemetry.pb.h>

#include <functional>
#include <limits>

#include "proto/codec.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;

namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span{text.data(), text.size()});
}

v1::Report sound(v1::Lane lane) {
    v1::Report report;
    report.set_schema_version(1);
    report.set_device_id("wm-0001");
    report.set_model("WM-7");
    report.set_firmware("2.13.0");
    report.set_stream_id(42);
    report.set_lane(lane);
    report.set_first_seq(7);
    report.set_oldest_seq(7);
    report.set_boot(2);
    report.set_uptime_ms(5'000);
    v1::Record& record = *report.add_records();
    record.set_boot(2);
    record.set_uptime_ms(4'000);
    if (lane == v1::LANE_URGENT) {
        record.mutable_fault()->set_code(18);
        record.mutable_fault()->add_snapshot_metric(1);
        record.mutable_fault()->add_snapshot_value(2.5F);
    } else {
        record.mutable_reading()->add_metric(1);
        record.mutable_reading()->add_mean(2.5F);
    }
    return report;
}

}  // namespace

TEST_GROUP(Refusal) {
    proto::Codec codec;
    Report decoded;

    void refuses(RefusalReason reason, const v1::Report& message) {
        const std::string wire = message.SerializeAsString();
        const auto result = codec.decode_report(bytes_of(wire), decoded);
        CHECK_FALSE(result.has_value());
        STRCMP_EQUAL(std::string(to_string(reason)).c_str(),
                     std::string(to_string(result.error().reason)).c_str());
        CHECK_FALSE(result.error().detail.empty());
    }
    void urgent(RefusalReason reason, const std::function<void(v1::Report&)>& spoil) {
        v1::Report report = sound(v1::LANE_URGENT);
        spoil(report);
        refuses(reason, report);
    }
    void bulk(RefusalReason reason, const std::function<void(v1::Report&)>& spoil) {
        v1::Report report = sound(v1::LANE_BULK);
        spoil(report);
        refuses(reason, report);
    }
};

TEST(Refusal, accepts_the_sound_reports_that_the_other_tests_spoil) {
    for (const auto lane : {v1::LANE_URGENT, v1::LANE_BULK}) {
        const std::string wire = sound(lane).SerializeAsString();
        CHECK_TRUE(codec.decode_report(bytes_of(wire), decoded).has_value());
    }
}

TEST(Refusal, accepts_a_report_of_no_records_that_declares_all_before_it_lost) {
    v1::Report report = sound(v1::LANE_BULK);
    report.clear_records();
    const std::string wire = report.SerializeAsString();
    CHECK_TRUE(codec.decode_report(bytes_of(wire), decoded).has_value());
    LONGS_EQUAL(0, decoded.records.size());
    UNSIGNED_LONGS_EQUAL(7, decoded.header.oldest_seq);
}

TEST(Refusal, names_what_is_wrong_with_a_header) {
    using R = RefusalReason;
    urgent(R::bad_schema_version, [](auto& r) { r.set_schema_version(2); });
    urgent(R::bad_schema_version, [](auto& r) { r.clear_schema_version(); });
    urgent(R::device_mismatch, [](auto& r) { r.set_device_id("a/b"); });
    urgent(R::device_mismatch, [](auto& r) { r.set_device_id(std::string(65, 'a')); });
    urgent(R::bad_value, [](auto& r) { r.set_model(std::string(33, 'm')); });
    urgent(R::bad_value, [](auto& r) { r.set_firmware("1\n2"); });
    urgent(R::bad_lane, [](auto& r) { r.set_lane(v1::LANE_UNSPECIFIED); });
    urgent(R::bad_lane, [](auto& r) { r.set_lane(static_cast<v1::Lane>(9)); });
    urgent(R::bad_seq, [](auto& r) { r.set_stream_id(0); });
    urgent(R::bad_seq, [](auto& r) { r.set_first_seq(0); });
    urgent(R::bad_seq, [](auto& r) { r.set_oldest_seq(8); });
    urgent(R::bad_seq, [](auto& r) { r.set_oldest_seq(0); });
    urgent(R::bad_seq, [](auto& r) { r.set_first_seq(1ULL << 63); });
    urgent(R::bad_time, [](auto& r) { r.set_boot(0); });
    urgent(R::bad_time, [](auto& r) { r.set_uptime_ms(1ULL << 60); });
    urgent(R::bad_time, [](auto& r) {
        r.set_clock_quality(v1::CLOCK_QUALITY_SYNCED);
        r.set_wall_unix_ms(-1);
    });
    urgent(R::bad_time, [](auto& r) {
        r.set_clock_quality(v1::CLOCK_QUALITY_SET_BY_USER);
        r.set_wall_unix_ms(std::numeric_limits<std::int64_t>::max());
    });
}

TEST(Refusal, names_what_is_wrong_with_a_record) {
    using R = RefusalReason;
    urgent(R::bad_seq, [](auto& r) { r.mutable_records(0)->set_gap_before(7); });
    urgent(R::bad_seq, [](auto& r) {
        r.set_first_seq((1ULL << 63) - 1);
        *r.add_records() = r.records(0);
    });
    urgent(R::bad_time, [](auto& r) { r.mutable_records(0)->set_boot(0); });
    urgent(R::bad_time, [](auto& r) { r.mutable_records(0)->set_boot(3); });
    urgent(R::bad_time, [](auto& r) { r.mutable_records(0)->set_uptime_ms(5'001); });
    urgent(R::bad_lane, [](auto& r) { r.set_lane(v1::LANE_BULK); });
    bulk(R::bad_lane, [](auto& r) { r.set_lane(v1::LANE_URGENT); });
    urgent(R::bad_value,
           [](auto& r) { r.mutable_records(0)->mutable_fault()->add_snapshot_metric(2); });
    urgent(R::bad_value, [](auto& r) {
        r.mutable_records(0)->mutable_fault()->set_snapshot_value(
            0, std::numeric_limits<float>::quiet_NaN());
    });
    urgent(R::bad_value, [](auto& r) {
        for (int i = 0; i < 8; ++i) {
            r.mutable_records(0)->mutable_fault()->add_snapshot_metric(2);
            r.mutable_records(0)->mutable_fault()->add_snapshot_value(2);
        }
    });
    bulk(R::bad_value, [](auto& r) {
        r.mutable_records(0)->mutable_reading()->add_min(1);
        r.mutable_records(0)->mutable_reading()->add_min(1);
    });
    bulk(R::bad_value, [](auto& r) { r.mutable_records(0)->mutable_reading()->add_n(0); });
    bulk(R::bad_value, [](auto& r) { r.mutable_records(0)->mutable_reading()->add_deviation(-1); });
    bulk(R::bad_value, [](auto& r) {
        r.mutable_records(0)->mutable_reading()->add_max(std::numeric_limits<float>::infinity());
    });
    bulk(R::bad_value, [](auto& r) { r.mutable_records(0)->mutable_reading()->add_min(99); });
    bulk(R::bad_value, [](auto& r) { r.mutable_records(0)->mutable_usage()->add_counter(1); });
}

TEST(Refusal, bounds_sizes_before_and_after_decoding) {
    using R = RefusalReason;
    urgent(R::bad_value, [](auto& r) {
        r.clear_records();
        r.set_oldest_seq(6);  // and so declares nothing
    });
    urgent(R::bad_value, [](auto& r) {
        r.clear_records();
        r.set_first_seq(1);
        r.set_oldest_seq(1);
    });
    urgent(R::too_many_records, [](auto& r) {
        while (r.records_size() <= static_cast<int>(kRecordsPerReportMax))
            *r.add_records() = r.records(0);
    });
    const std::string huge(10'000'000, 'x');
    const auto result = codec.decode_report(bytes_of(huge), decoded);
    CHECK_TRUE(!result && result.error().reason == R::too_large);
    const std::string noise = "\xff\xff\xff\xff";
    CHECK_TRUE(codec.decode_report(bytes_of(noise), decoded).error().reason == R::bad_protobuf);
}
