// Struct to message, in the device's canonical form: default values and columns that say nothing
// new are left out, so that both encoders give the same bytes.
#include "proto/messages.hpp"

namespace aftercare::proto {
namespace {

using Metrics = google::protobuf::RepeatedField<std::uint32_t>;
using Values = google::protobuf::RepeatedField<float>;

void write_pairs(const auto& pairs, Metrics& metrics, Values& values) {
    for (const MetricValue& pair : pairs) {
        metrics.Add(pair.metric_id);
        values.Add(pair.value);
    }
}

void write(const Fault& in, v1::Fault& out) {
    out.set_code(in.code);
    out.set_state(static_cast<v1::FaultState>(in.state));
    out.set_occurrences(in.occurrences == 1 ? 0 : in.occurrences);
    write_pairs(in.snapshot, *out.mutable_snapshot_metric(), *out.mutable_snapshot_value());
}

// A column that says nothing new is left out as a whole.
void write(const Reading& in, v1::Reading& out) {
    bool n = false, min = false, max = false, last = false, deviation = false;
    for (const MetricSummary& m : in.metrics) {
        n |= m.n != 1;
        min |= m.min != m.mean;
        max |= m.max != m.mean;
        last |= m.last != m.mean;
        deviation |= m.deviation != 0;
    }
    out.set_window_ms(in.window_ms);
    for (const MetricSummary& m : in.metrics) {
        out.add_metric(m.metric_id);
        out.add_mean(m.mean);
        if (n) out.add_n(m.n);
        if (min) out.add_min(m.min);
        if (max) out.add_max(m.max);
        if (last) out.add_last(m.last);
        if (deviation) out.add_deviation(m.deviation);
    }
}

void write(const Usage& in, v1::Usage& out) {
    out.set_programme(in.programme_id);
    out.set_duration_s(in.duration_s);
    out.set_energy_wh(in.energy_wh);
    out.set_water_ml(in.water_ml);
    out.set_aborted(!in.completed);
    for (const CounterValue& counter : in.counters) {
        out.add_counter(counter.counter_id);
        out.add_counter_value(counter.value);
    }
}

void write(const Lifecycle& in, v1::Lifecycle& out) {
    out.set_kind(static_cast<v1::LifecycleKind>(in.kind));
    out.set_reset_reason(static_cast<v1::ResetReason>(in.reset_reason));
    out.set_firmware(std::string(in.firmware.view()));
    out.set_wall_unix_ms(in.wall_unix_ms);
    out.set_clock_quality(static_cast<v1::ClockQuality>(in.clock_quality));
    out.set_consent_epoch(in.consent_epoch);
    out.set_consent_purposes(in.consent_purposes);
    out.set_component(in.component_id);
    out.set_lost_count(in.lost_count);
    out.set_config_version(in.config_version);
    out.set_config_refusal(static_cast<v1::ConfigRefusal>(in.config_refusal));
}

void write(const SelfTest& in, v1::SelfTest& out) {
    out.set_test_id(in.test_id);
    out.set_request_id(in.request_id);
    out.set_result(static_cast<v1::TestResult>(in.result));
    write_pairs(in.measured, *out.mutable_measured_metric(), *out.mutable_measured_value());
}

struct BodyWriter {
    v1::Record& out;
    void operator()(const UnknownRecord&) const {}
    void operator()(const Fault& body) const { write(body, *out.mutable_fault()); }
    void operator()(const Reading& body) const { write(body, *out.mutable_reading()); }
    void operator()(const Usage& body) const { write(body, *out.mutable_usage()); }
    void operator()(const Lifecycle& body) const { write(body, *out.mutable_lifecycle()); }
    void operator()(const SelfTest& body) const { write(body, *out.mutable_self_test()); }
};

void write_header(const ReportHeader& in, v1::Report& out) {
    out.set_schema_version(in.schema_version);
    out.set_device_id(std::string(in.device_id.view()));
    out.set_model(std::string(in.model.view()));
    out.set_firmware(std::string(in.firmware.view()));
    out.set_stream_id(in.stream_id);
    out.set_lane(in.lane == Lane::urgent ? v1::LANE_URGENT : v1::LANE_BULK);
    out.set_first_seq(in.first_seq);
    out.set_oldest_seq(in.oldest_seq);
    out.set_boot(in.boot);
    out.set_uptime_ms(in.uptime_ms);
    out.set_wall_unix_ms(in.wall_unix_ms);
    out.set_clock_quality(static_cast<v1::ClockQuality>(in.clock_quality));
    out.set_consent_epoch(in.consent_epoch);
    out.set_consent_purposes(in.consent_purposes);
    out.set_config_version(in.config_version);
    out.set_ack_now(in.ack_now);
    bool any_dropped = false;
    for (const std::uint32_t count : in.dropped) any_dropped |= count != 0;
    if (any_dropped) {
        for (const std::uint32_t count : in.dropped) out.add_dropped(count);
    }
}

}  // namespace

std::string Codec::encode_report(const Report& report) {
    v1::Report& out = messages_->report;
    out.Clear();
    write_header(report.header, out);
    for (const Record& record : report.records) {
        v1::Record& target = *out.add_records();
        target.set_gap_before(record.gap_before);
        target.set_boot(record.boot);
        target.set_uptime_ms(record.uptime_ms);
        std::visit(BodyWriter{target}, record.body);
    }
    return out.SerializeAsString();
}

std::string Codec::keep_records(std::span<const std::byte> bytes, const Report& decoded,
                                const std::vector<bool>& keep) {
    v1::Report& report = messages_->report;
    const bool sound = report.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
    auto& records = *report.mutable_records();
    AFTERCARE_ASSERT(sound && keep.size() == decoded.records.size() &&
                     records.size() == static_cast<int>(keep.size()));
    int kept = 0;
    Seq before = 0;
    for (std::size_t i = 0; i < keep.size(); ++i) {
        if (!keep[i]) continue;
        const Seq seq = decoded.records[i].seq;
        v1::Record& record = records[static_cast<int>(i)];
        if (kept == 0) {
            // What the device said to be lost before its first record is in the table of gaps.
            report.set_first_seq(seq);
            record.set_gap_before(0);
        } else {
            record.set_gap_before(static_cast<std::uint32_t>(seq - before - 1));
        }
        before = seq;
        records.SwapElements(kept++, static_cast<int>(i));
    }
    AFTERCARE_ASSERT(kept > 0);
    records.DeleteSubrange(kept, records.size() - kept);
    return report.SerializeAsString();
}

}  // namespace aftercare::proto
