// aftercare.v1.Report as it lies on the wire, before any judgement, in memory that is used again.
// Private to proto.
//
// libprotobuf allocates and frees the body of every record, since a oneof keeps no message for
// reuse: it cost three times as much here (docs/adr/0010-own-report-decoder.md). A test holds both
// decoders alike.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "common/telemetry.hpp"

namespace aftercare::proto {

/// A repeated field: counts all, keeps the first ones.
template <class T, std::size_t kMax>
class Column {
  public:
    void clear() { count_ = 0; }
    void add(T value) {
        if (count_ < kMax) values_[count_] = value;
        ++count_;
    }
    [[nodiscard]] std::size_t size() const { return count_; }
    /// Pre: i < size() and i < kMax.
    [[nodiscard]] T operator[](std::size_t i) const { return values_[i]; }
    [[nodiscard]] const T* begin() const { return values_.data(); }
    [[nodiscard]] const T* end() const { return values_.data() + (count_ < kMax ? count_ : kMax); }

  private:
    std::array<T, kMax> values_;
    std::size_t count_ = 0;
};
using Ids = Column<std::uint32_t, kMetricsPerReadingMax>;
using Values = Column<float, kMetricsPerReadingMax>;

struct FaultMessage {
    std::uint32_t code, occurrences;
    int state;
    Ids snapshot_metric;
    Values snapshot_value;
};
struct ReadingMessage {
    std::uint32_t window_ms;
    Ids metric, n;
    Values mean, min, max, last, deviation;
};
struct UsageMessage {
    std::uint32_t programme, duration_s, energy_wh, water_ml;
    bool aborted;
    Ids counter;
    Column<std::uint64_t, kCountersPerUsageMax> counter_value;
};
struct LifecycleMessage {
    int kind, reset_reason, clock_quality;
    std::string_view firmware;
    std::int64_t wall_unix_ms;
    std::uint32_t consent_epoch, consent_purposes, component, lost_count, config_version;
    int config_refusal;
};
struct SelfTestMessage {
    std::uint32_t test_id;
    std::uint64_t request_id;
    int result;
    Ids measured_metric;
    Values measured_value;
};

enum class Body : std::uint8_t { none, fault, reading, usage, lifecycle, self_test };

struct RecordMessage {
    std::uint32_t gap_before = 0, boot = 0;
    std::uint64_t uptime_ms = 0;
    Body body_case = Body::none;
    union {
        FaultMessage fault;
        ReadingMessage reading;
        UsageMessage usage;
        LifecycleMessage lifecycle;
        SelfTestMessage self_test;
    };
    RecordMessage() {}  // the body is made when its field comes
};

/// Texts point into the bytes it was parsed from.
struct ReportMessage {
    std::uint32_t schema_version, boot, consent_epoch, consent_purposes, config_version;
    std::string_view device_id, model, firmware;
    std::uint64_t stream_id, first_seq, oldest_seq, uptime_ms;
    std::int64_t wall_unix_ms;
    int lane, clock_quality;
    bool ack_now;
    Column<std::uint32_t, kRecordClassCount> dropped;
    std::size_t record_count;
    std::vector<RecordMessage> records;  ///< the first record_count, at most one above the limit

    /// False when `bytes` are no such message.
    bool parse(std::string_view bytes);
};

}  // namespace aftercare::proto
