// The messages behind tests/golden/*.hex, as structs.
#pragma once

#include <string>
#include <vector>

#include "common/downlink.hpp"
#include "common/report.hpp"
#include "common/telemetry_settings.hpp"

namespace aftercare::golden {

struct ReportVector {
    const char* name;
    Report report;
};
struct DownlinkVector {
    const char* name;
    Downlink downlink;
};

inline Report base(Lane lane) {
    Report r;
    r.header.device_id = "wm-0001";
    r.header.model = "WM-7";
    r.header.firmware = "2.13.0";
    r.header.stream_id = 0x0123456789ABCDEF;
    r.header.lane = lane;
    r.header.first_seq = r.header.oldest_seq = 7;
    r.header.boot = 3;
    r.header.uptime_ms = 86'400'000;
    return r;
}

inline void add(Report& report, std::uint64_t uptime_ms, decltype(Record::body) body,
                std::uint32_t gap_before = 0) {
    Record record;
    record.boot = 3;
    record.uptime_ms = uptime_ms;
    record.gap_before = gap_before;
    record.seq = report.records.empty() ? report.header.first_seq
                                        : report.records.back().seq + gap_before + 1;
    record.body = std::move(body);
    report.records.push_back(record);
}

inline std::vector<ReportVector> reports() {
    std::vector<ReportVector> vectors;

    Report fault = base(Lane::urgent);
    fault.header.ack_now = true;
    Fault body{.code = 18, .state = FaultState::raised};
    body.snapshot.add({1, 45.5F});
    body.snapshot.add({300, -2.0F});
    add(fault, 86'399'000, body);
    vectors.push_back({"fault", fault});

    Report storm = base(Lane::urgent);
    storm.header.dropped = {3409, 0, 17, 250'000};
    add(storm, 1'000,
        Fault{.code = 4'000'000'000, .state = FaultState::occurred, .occurrences = 3'412}, 5);
    add(storm, 2'000, Fault{.code = 18, .state = FaultState::cleared}, 3'000);
    vectors.push_back({"fault_storm_with_gaps", storm});

    Report plain = base(Lane::bulk);
    Reading sample{.window_ms = 900'000};
    sample.metrics.add({.metric_id = 1, .mean = 20.5F, .min = 20.5F, .max = 20.5F, .last = 20.5F});
    sample.metrics.add({.metric_id = 2, .mean = 0, .min = 0, .max = 0, .last = 0});
    add(plain, 900'000, sample);
    vectors.push_back({"reading_plain", plain});

    Report full = base(Lane::bulk);
    full.header.wall_unix_ms = 1'767'225'600'000;
    full.header.clock_quality = ClockQuality::synced;
    full.header.config_version = 9;
    full.header.consent_epoch = 2;
    full.header.consent_purposes = 0b0101;
    Reading window{.window_ms = 900'000};
    window.metrics.add({1, 90, 20.5F, 19.25F, 22.0F, 21.0F, 0.75F});
    window.metrics.add({200, 1, 3.0F, 3.0F, 3.0F, 3.0F, 0.0F});
    add(full, 1'800'000, window, 2);
    vectors.push_back({"reading_full", full});

    Report usage = base(Lane::bulk);
    Usage cycle{.programme_id = 4, .duration_s = 5'400, .energy_wh = 900, .water_ml = 52'000};
    cycle.counters.add({1, 1'234});
    cycle.counters.add({2, 1ULL << 40});
    add(usage, 5'400'000, cycle);
    add(usage, 5'500'000, Usage{.programme_id = 4, .duration_s = 60, .completed = false});
    vectors.push_back({"usage", usage});

    Report lifecycle = base(Lane::urgent);
    add(lifecycle, 0,
        Lifecycle{.kind = LifecycleKind::boot,
                  .reset_reason = ResetReason::watchdog,
                  .firmware = "2.13.0"});
    add(lifecycle, 5,
        Lifecycle{.kind = LifecycleKind::clock_set,
                  .wall_unix_ms = 1'767'225'600'123,
                  .clock_quality = ClockQuality::set_by_user});
    add(lifecycle, 6,
        Lifecycle{.kind = LifecycleKind::consent_changed,
                  .consent_epoch = 3,
                  .consent_purposes = 0b1001,
                  .lost_count = 12});
    add(lifecycle, 7, Lifecycle{.kind = LifecycleKind::part_replaced, .component_id = 11});
    add(lifecycle, 8, Lifecycle{.kind = LifecycleKind::config_refused, .config_version = 10});
    vectors.push_back({"lifecycle", lifecycle});

    Report settings = base(Lane::urgent);
    add(settings, 8,
        Lifecycle{.kind = LifecycleKind::config_refused,
                  .config_version = 10,
                  .config_refusal = ConfigRefusal::malformed});
    add(settings, 9, Lifecycle{.kind = LifecycleKind::heartbeat});
    vectors.push_back({"lifecycle_settings", settings});

    Report test = base(Lane::urgent);
    SelfTest result{.test_id = 2, .request_id = 77, .result = TestResult::failed};
    result.measured.add({5, 1.5F});
    add(test, 100, result);
    vectors.push_back({"self_test", test});

    Report unknown = base(Lane::urgent);
    add(unknown, 100, UnknownRecord{});
    vectors.push_back({"record_of_no_known_kind", unknown});
    return vectors;
}

/// What the encoded settings in down_config_telemetry.hex say.
inline TelemetrySettings telemetry_settings() {
    TelemetrySettings settings;
    settings.heartbeat_s = 3'600;
    settings.reading_metrics.add(1);
    settings.reading_metrics.add(2);
    settings.snapshot_metrics.add(1);
    settings.fault_rules.add({18, 2'000, 60'000, 10, 3'600});
    settings.thresholds.add({1, 900, 75.0F, 70.0F, false});
    settings.thresholds.add({2, 901, 4.0F, 2.0F, true});
    return settings;
}

/// The same, encoded by hand.
inline std::span<const std::byte> telemetry_bytes() {
    static constexpr unsigned char kBytes[] = {
        0x08, 0x90, 0x1C, 0x10, 0x01, 0x10, 0x02, 0x18, 0x01,  // heartbeat, metrics
        0x22, 0x0E, 0x08, 0x12, 0x10, 0xD0, 0x0F, 0x18, 0xE0, 0xD4, 0x03, 0x20, 0x0A, 0x28, 0x90,
        0x1C,  // rule of code 18
        0x2A, 0x0F, 0x08, 0x01, 0x10, 0x84, 0x07, 0x1D, 0x00, 0x00, 0x96, 0x42, 0x25, 0x00, 0x00,
        0x8C, 0x42,  // threshold 75, 70
        0x2A, 0x11, 0x08, 0x02, 0x10, 0x85, 0x07, 0x1D, 0x00, 0x00, 0x80, 0x40, 0x25, 0x00, 0x00,
        0x00, 0x40, 0x28, 0x01};  // threshold 4, 2, below
    return std::as_bytes(std::span{kBytes});
}

inline std::vector<DownlinkVector> downlinks() {
    return {{"ack", Ack{0x0123456789ABCDEF, {42, 70'000}}},
            {"config", Config{9, 900, 60, 20}},
            {"config_telemetry", Config{10, 300, 0, 0, telemetry_bytes()}},
            {"notice", Notice{0x1122334455667788, "descale_due", "de", "kb-88", 1'767'225'600'000}},
            {"self_test_request", SelfTestRequest{77, 2}},
            {"consent_query", ConsentQuery{5}}};
}

inline Presence presence() {
    return {true, 3, 0x0123456789ABCDEF, "2.13.0"};
}

}  // namespace aftercare::golden
