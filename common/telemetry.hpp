// What an appliance tells: the records of design "Device to collector" as plain, bounded structs
// that agent, collector and simulator share. Values carry catalogue ids, never text. No heap.
//
// (tenant, device, stream, lane, seq) identifies a record for ever.
#pragma once

#include <array>
#include <cstdint>
#include <variant>

#include "common/fixed_text.hpp"
#include "common/topic.hpp"

namespace aftercare {

using Seq = std::uint64_t;  ///< 1, 2, 3 … per stream and lane; 0 = none yet

enum class Lane : std::uint8_t { urgent, bulk };
inline constexpr std::size_t kLaneCount = 2;
inline constexpr std::size_t index(Lane lane) {
    return static_cast<std::size_t>(lane);
}

inline constexpr std::size_t kMetricsPerReadingMax = 16;
inline constexpr std::size_t kSnapshotMetricsMax = 8;
inline constexpr std::size_t kCountersPerUsageMax = 16;

/// A vector of bounded size without heap.
template <class T, std::size_t kMax>
struct BoundedList {
    std::array<T, kMax> items{};
    std::uint8_t count = 0;

    /// False (and nothing added) when full.
    bool add(const T& item) {
        if (count == kMax) return false;
        items[count++] = item;
        return true;
    }
    [[nodiscard]] const T* begin() const { return items.data(); }
    [[nodiscard]] const T* end() const { return items.data() + count; }
    [[nodiscard]] bool full() const { return count == kMax; }
};

struct MetricValue {
    std::uint32_t metric_id = 0;
    float value = 0;
};

enum class FaultState : std::uint8_t { unspecified, raised, cleared, occurred };

struct Fault {
    std::uint32_t code = 0;
    FaultState state = FaultState::unspecified;
    std::uint32_t occurrences = 1;  ///< > 1 when a storm was folded into one record
    BoundedList<MetricValue, kSnapshotMetricsMax> snapshot;
};

/// Summary of one metric over a window of `n` samples; n == 1 means min = mean = max = last.
struct MetricSummary {
    std::uint32_t metric_id = 0;
    std::uint32_t n = 1;
    float mean = 0;
    float min = 0;
    float max = 0;
    float last = 0;
    float deviation = 0;  ///< sample standard deviation, 0 when n < 2
};

/// A window that ends at the record's uptime.
struct Reading {
    std::uint32_t window_ms = 0;
    BoundedList<MetricSummary, kMetricsPerReadingMax> metrics;
};

struct CounterValue {
    std::uint32_t counter_id = 0;
    std::uint64_t value = 0;  ///< absolute, since manufacture
};

/// One cycle (programme) of the appliance, or a window of use.
struct Usage {
    std::uint32_t programme_id = 0;
    std::uint32_t duration_s = 0;
    std::uint32_t energy_wh = 0;
    std::uint32_t water_ml = 0;
    bool completed = true;
    BoundedList<CounterValue, kCountersPerUsageMax> counters;
};

enum class LifecycleKind : std::uint8_t {
    unspecified,
    boot,
    firmware_changed,
    clock_set,
    consent_changed,
    part_replaced,
    gap_declared,
    config_applied,
    config_refused,
    heartbeat,  ///< nothing else was made for so long: appliance and all of the way are alive
};
/// Why a Config was not applied; what was in force stays.
enum class ConfigRefusal : std::uint8_t {
    none,
    old_version,  ///< lower than the one in force
    bad_value,    ///< out of its bounds
    malformed,    ///< telemetry settings that do not decode
    unsupported,  ///< telemetry settings for an appliance that has no use for them
    storage,      ///< could not be kept
};
enum class ResetReason : std::uint8_t {
    unspecified,
    power_on,
    brown_out,
    watchdog,
    software,
    update
};
enum class ClockQuality : std::uint8_t { unknown, set_by_user, synced };

struct Lifecycle {
    LifecycleKind kind = LifecycleKind::unspecified;
    ResetReason reset_reason = ResetReason::unspecified;  ///< boot
    FixedText<32> firmware;                               ///< boot, firmware_changed
    std::int64_t wall_unix_ms = 0;  ///< clock_set: wall time at this record's uptime
    ClockQuality clock_quality = ClockQuality::unknown;  ///< clock_set
    std::uint32_t consent_epoch = 0;                     ///< consent_changed
    std::uint32_t consent_purposes = 0;                  ///< consent_changed: bit set of Purpose
    std::uint32_t component_id = 0;                      ///< part_replaced
    std::uint32_t lost_count = 0;                        ///< gap_declared
    std::uint32_t config_version = 0;                    ///< config_applied, config_refused
    ConfigRefusal config_refusal = ConfigRefusal::none;  ///< config_refused
};

enum class TestResult : std::uint8_t { unspecified, passed, failed, aborted, unsupported };

struct SelfTest {
    std::uint32_t test_id = 0;
    std::uint64_t request_id = 0;
    TestResult result = TestResult::unspecified;
    BoundedList<MetricValue, kSnapshotMetricsMax> measured;
};

/// A kind this version does not know: it keeps its place in the sequence and changes nothing else.
struct UnknownRecord {};

struct Record {
    Seq seq = 0;
    std::uint32_t gap_before = 0;  ///< records of this lane evicted just before this one
    std::uint32_t boot = 0;
    std::uint64_t uptime_ms = 0;  ///< since `boot` began
    std::variant<UnknownRecord, Fault, Reading, Usage, Lifecycle, SelfTest> body;
};

/// Eviction and loss are counted per class.
enum class RecordClass : std::uint8_t { fault, lifecycle, usage, reading };
inline constexpr std::size_t kRecordClassCount = 4;

/// Readings and usage travel in the bulk lane, everything else in the urgent one.
constexpr Lane lane_of(RecordClass record_class) {
    return record_class == RecordClass::usage || record_class == RecordClass::reading
               ? Lane::bulk
               : Lane::urgent;
}

/// Consent purposes, a bit set: bit i is Purpose i.
enum class Purpose : std::uint8_t { safety, diagnostics, usage, contact };
inline constexpr std::uint32_t kAllPurposes = 0b1111;
constexpr std::uint32_t bit(Purpose purpose) {
    return 1U << static_cast<unsigned>(purpose);
}

inline constexpr std::uint32_t kSchemaVersion = 1;

struct ReportHeader {
    std::uint32_t schema_version = kSchemaVersion;
    IdText device_id;
    FixedText<32> model;
    FixedText<32> firmware;
    std::uint64_t stream_id = 0;
    Lane lane = Lane::urgent;
    Seq first_seq = 0;   ///< of the first record
    Seq oldest_seq = 0;  ///< oldest of this lane the device still holds
    std::uint32_t boot = 0;
    std::uint64_t uptime_ms = 0;    ///< when this copy of the report was sent
    std::int64_t wall_unix_ms = 0;  ///< same moment by the device's clock; meaningless when unknown
    ClockQuality clock_quality = ClockQuality::unknown;
    std::uint32_t consent_epoch = 0;
    std::uint32_t consent_purposes = kAllPurposes;
    std::uint32_t config_version = 0;
    std::array<std::uint32_t, kRecordClassCount> dropped{};  ///< per class, ever, in this stream
    bool ack_now = false;
};

/// Payload of the retained presence topic; the last will is the same with online = false.
struct Presence {
    bool online = false;
    std::uint32_t boot = 0;
    std::uint64_t stream_id = 0;
    FixedText<32> firmware;
};

inline constexpr std::size_t kPresenceBytesMax = 256;
inline constexpr std::size_t kRecordsPerReportMax = 256;
inline constexpr std::size_t kReportBytesMax = 64 * 1024;

}  // namespace aftercare
