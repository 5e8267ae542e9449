#include "tests/support/random_records.hpp"

#include <algorithm>

namespace aftercare::test {
namespace {

// Mostly small numbers, now and then one that fills its type.
std::uint32_t number(Rng& rng) {
    const auto bits = rng.below(33);
    return bits == 0 ? 0 : static_cast<std::uint32_t>(rng.next() >> (64 - bits));
}
float value(Rng& rng) {
    const double magnitude = rng.chance(0.1) ? 1e30 : 100.0;
    return static_cast<float>(rng.uniform(-magnitude, magnitude));
}

template <std::size_t kMax>
void fill(Rng& rng, BoundedList<MetricValue, kMax>& list) {
    const auto count = rng.below(kMax + 1);
    for (std::uint64_t i = 0; i < count; ++i) list.add({number(rng), value(rng)});
}

bool same(const MetricValue& a, const MetricValue& b) {
    return a.metric_id == b.metric_id && a.value == b.value;
}
bool same(const MetricSummary& a, const MetricSummary& b) {
    return a.metric_id == b.metric_id && a.n == b.n && a.mean == b.mean && a.min == b.min &&
           a.max == b.max && a.last == b.last && a.deviation == b.deviation;
}
bool same(const CounterValue& a, const CounterValue& b) {
    return a.counter_id == b.counter_id && a.value == b.value;
}
bool same_lists(const auto& a, const auto& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const auto& x, const auto& y) { return same(x, y); });
}
bool same(const UnknownRecord&, const UnknownRecord&) {
    return true;
}
bool same(const Fault& a, const Fault& b) {
    return a.code == b.code && a.state == b.state && a.occurrences == b.occurrences &&
           same_lists(a.snapshot, b.snapshot);
}
bool same(const Reading& a, const Reading& b) {
    return a.window_ms == b.window_ms && same_lists(a.metrics, b.metrics);
}
bool same(const Usage& a, const Usage& b) {
    return a.programme_id == b.programme_id && a.duration_s == b.duration_s &&
           a.energy_wh == b.energy_wh && a.water_ml == b.water_ml && a.completed == b.completed &&
           same_lists(a.counters, b.counters);
}
bool same(const Lifecycle& a, const Lifecycle& b) {
    return a.kind == b.kind && a.reset_reason == b.reset_reason && a.firmware == b.firmware &&
           a.wall_unix_ms == b.wall_unix_ms && a.clock_quality == b.clock_quality &&
           a.consent_epoch == b.consent_epoch && a.consent_purposes == b.consent_purposes &&
           a.component_id == b.component_id && a.lost_count == b.lost_count &&
           a.config_version == b.config_version && a.config_refusal == b.config_refusal;
}
bool same(const SelfTest& a, const SelfTest& b) {
    return a.test_id == b.test_id && a.request_id == b.request_id && a.result == b.result &&
           same_lists(a.measured, b.measured);
}

}  // namespace

Fault random_fault(Rng& rng) {
    Fault fault;
    fault.code = number(rng);
    fault.state = static_cast<FaultState>(1 + rng.below(3));
    fault.occurrences = rng.chance(0.8) ? 1 : std::max(1U, number(rng));
    fill(rng, fault.snapshot);
    return fault;
}

Reading random_reading(Rng& rng) {
    Reading reading;
    reading.window_ms = number(rng);
    const auto count = rng.below(kMetricsPerReadingMax + 1);
    const bool plain = rng.chance(0.3);
    for (std::uint64_t i = 0; i < count; ++i) {
        MetricSummary m{.metric_id = number(rng), .mean = value(rng)};
        m.min = m.max = m.last = m.mean;
        if (!plain) {
            m.n = std::max(1U, number(rng));
            m.min = m.mean - static_cast<float>(rng.uniform(0, 10));
            m.max = m.mean + static_cast<float>(rng.uniform(0, 10));
            m.last = value(rng);
            m.deviation = static_cast<float>(rng.uniform(0, 5));
        }
        reading.metrics.add(m);
    }
    return reading;
}

Usage random_usage(Rng& rng) {
    Usage usage{.programme_id = number(rng),
                .duration_s = number(rng),
                .energy_wh = number(rng),
                .water_ml = number(rng),
                .completed = rng.chance(0.9)};
    const auto count = rng.below(kCountersPerUsageMax + 1);
    for (std::uint64_t i = 0; i < count; ++i) {
        usage.counters.add({number(rng), rng.next() >> rng.below(64)});
    }
    return usage;
}

Lifecycle random_lifecycle(Rng& rng) {
    Lifecycle event;
    event.kind = static_cast<LifecycleKind>(1 + rng.below(9));
    event.reset_reason = static_cast<ResetReason>(rng.below(6));
    if (rng.chance(0.5)) event.firmware = "2.13.0-rc4+build.77";
    event.clock_quality = static_cast<ClockQuality>(rng.below(3));
    event.wall_unix_ms = static_cast<std::int64_t>(rng.below(4'000'000'000'000));
    event.consent_epoch = number(rng);
    event.consent_purposes = number(rng);
    event.component_id = number(rng);
    event.lost_count = number(rng);
    event.config_version = number(rng);
    event.config_refusal = static_cast<ConfigRefusal>(rng.below(6));
    return event;
}

SelfTest random_self_test(Rng& rng) {
    SelfTest test{.test_id = number(rng), .request_id = rng.next() >> rng.below(64)};
    test.result = static_cast<TestResult>(1 + rng.below(4));
    fill(rng, test.measured);
    return test;
}

Record random_record(Rng& rng, Lane lane, std::uint32_t boot, std::uint64_t uptime_ms) {
    Record record;
    record.boot = boot;
    record.uptime_ms = uptime_ms;
    if (lane == Lane::bulk) {
        if (rng.chance(0.7)) {
            record.body = random_reading(rng);
        } else {
            record.body = random_usage(rng);
        }
        return record;
    }
    switch (rng.below(3)) {
        case 0:
            record.body = random_fault(rng);
            break;
        case 1:
            record.body = random_lifecycle(rng);
            break;
        default:
            record.body = random_self_test(rng);
            break;
    }
    return record;
}

Report random_report(Rng& rng, std::size_t records_max) {
    Report report;
    ReportHeader& h = report.header;
    h.device_id = "wm-0001";
    h.model = "WM-7";
    h.firmware = "2.13.0";
    h.stream_id = rng.next() | 1U;
    h.lane = rng.chance(0.5) ? Lane::urgent : Lane::bulk;
    h.first_seq = 100 + (rng.next() >> (2 + rng.below(56)));
    h.oldest_seq = h.first_seq - rng.below(100);
    h.boot = 1 + static_cast<std::uint32_t>(rng.below(1000));
    h.uptime_ms = rng.below(3'000'000'000);
    h.clock_quality = static_cast<ClockQuality>(rng.below(3));
    h.wall_unix_ms = static_cast<std::int64_t>(rng.below(4'000'000'000'000));
    h.consent_epoch = number(rng);
    h.consent_purposes = static_cast<std::uint32_t>(rng.below(16));
    h.config_version = number(rng);
    h.ack_now = rng.chance(0.3);
    if (rng.chance(0.3)) {
        for (auto& count : h.dropped) count = number(rng);
    }
    const auto count = 1 + rng.below(records_max);
    Seq seq = h.first_seq;
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto boot = 1 + static_cast<std::uint32_t>(rng.below(h.boot));
        Record record = random_record(rng, h.lane, boot, rng.below(h.uptime_ms + 1));
        if (rng.chance(0.1)) record.gap_before = static_cast<std::uint32_t>(rng.below(50));
        record.seq = i == 0 ? seq : seq + record.gap_before + 1;
        seq = record.seq;
        report.records.push_back(record);
    }
    return report;
}

bool same(const Record& a, const Record& b) {
    if (a.seq != b.seq || a.gap_before != b.gap_before || a.boot != b.boot ||
        a.uptime_ms != b.uptime_ms || a.body.index() != b.body.index()) {
        return false;
    }
    return std::visit(
        [&](const auto& body) {
            return same(body, std::get<std::decay_t<decltype(body)>>(b.body));
        },
        a.body);
}

bool same(const ReportHeader& a, const ReportHeader& b) {
    return a.schema_version == b.schema_version && a.device_id == b.device_id &&
           a.model == b.model && a.firmware == b.firmware && a.stream_id == b.stream_id &&
           a.lane == b.lane && a.first_seq == b.first_seq && a.oldest_seq == b.oldest_seq &&
           a.boot == b.boot && a.uptime_ms == b.uptime_ms && a.wall_unix_ms == b.wall_unix_ms &&
           a.clock_quality == b.clock_quality && a.consent_epoch == b.consent_epoch &&
           a.consent_purposes == b.consent_purposes && a.config_version == b.config_version &&
           a.dropped == b.dropped && a.ack_now == b.ack_now;
}

bool same(const Report& a, const Report& b) {
    return same(a.header, b.header) &&
           std::equal(a.records.begin(), a.records.end(), b.records.begin(), b.records.end(),
                      [](const Record& x, const Record& y) { return same(x, y); });
}

}  // namespace aftercare::test
