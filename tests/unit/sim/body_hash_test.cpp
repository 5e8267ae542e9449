#include "firmware_sim/world/body_hash.hpp"

#include "proto/codec.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::sim;

TEST_GROUP(BodyHash){};

TEST(BodyHash, a_record_hashes_alike_before_and_after_the_wire) {
    proto::Codec codec;
    Report report;
    report.header.device_id = "d";
    report.header.stream_id = 1;
    report.header.boot = 1;
    report.header.lane = Lane::bulk;
    report.header.first_seq = report.header.oldest_seq = 1;
    Reading reading{.window_ms = 3'600'000};
    reading.metrics.add({.metric_id = 3,
                         .n = 60,
                         .mean = 1.25F,
                         .min = 1,
                         .max = 2,
                         .last = 1.5F,
                         .deviation = 0.3F});
    Usage usage{.programme_id = 2, .duration_s = 3000, .energy_wh = 800, .water_ml = 48'000};
    usage.counters.add({1, 77});
    report.records = {Record{.seq = 1, .boot = 1, .body = reading},
                      Record{.seq = 2, .boot = 1, .body = usage}};
    const std::string bytes = codec.encode_report(report);
    Report decoded;
    const auto read = codec.decode_report(std::as_bytes(std::span(bytes)), decoded);
    CHECK_TEXT(read.has_value(), read ? "" : read.error().detail.c_str());
    CHECK_EQUAL(2U, decoded.records.size());
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK_EQUAL(body_hash(report.records[i]), body_hash(decoded.records[i]));
    }
}

TEST(BodyHash, any_changed_value_changes_it_and_the_place_in_the_stream_does_not) {
    Fault fault{.code = 18, .state = FaultState::raised};
    const Record record{.seq = 1, .uptime_ms = 5, .body = fault};
    const Record elsewhere{.seq = 9, .uptime_ms = 6, .body = fault};
    CHECK_EQUAL(body_hash(record), body_hash(elsewhere));
    fault.state = FaultState::cleared;
    CHECK(body_hash(record) != body_hash(Record{.body = fault}));
    fault.state = FaultState::raised;
    fault.snapshot.add({1, 0.5F});
    CHECK(body_hash(record) != body_hash(Record{.body = fault}));
}
