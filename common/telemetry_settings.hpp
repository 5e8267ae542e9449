// What the telemetry kit of an appliance may be told: which metrics it reports, how it filters
// faults, where its thresholds lie. Travels encoded inside a Config (common/downlink.hpp); only the
// two ends of that road know these structs. Bounded, no heap.
#pragma once

#include <cstdint>

#include "common/telemetry.hpp"

namespace aftercare {

inline constexpr std::size_t kFaultRulesMax = 16;
inline constexpr std::size_t kThresholdRulesMax = 16;
/// Of the encoded message: it must fit a frame of the spool.
inline constexpr std::size_t kTelemetrySettingsBytesMax = 512;
inline constexpr std::uint32_t kDebounceMsMax = 86'400'000;
inline constexpr std::uint32_t kStormLimitMax = 10'000;
inline constexpr std::uint32_t kStormWindowSMax = 30 * 86'400;
inline constexpr std::uint32_t kHeartbeatSMin = 60;
inline constexpr std::uint32_t kHeartbeatSMax = 30 * 86'400;

/// How one fault code is debounced and how often it may make a record.
struct FaultRule {
    std::uint32_t code = 0;
    std::uint32_t raise_after_ms = 0;  ///< the condition must hold this long
    std::uint32_t clear_after_ms = 0;  ///< and be gone this long
    std::uint32_t storm_limit = 10;    ///< records in storm_window_s; more are folded
    std::uint32_t storm_window_s = 3'600;
};

/// A fault made from a metric: raised above `high`, cleared below `low`; with `below` the other way
/// round, raised below `low` and cleared above `high`.
struct ThresholdRule {
    std::uint32_t metric_id = 0;
    std::uint32_t code = 0;
    float high = 0;
    float low = 0;
    bool below = false;
};

/// What is left 0 or empty stays as the appliance's firmware has it.
struct TelemetrySettings {
    std::uint32_t heartbeat_s = 0;
    BoundedList<std::uint32_t, kMetricsPerReadingMax> reading_metrics;
    BoundedList<std::uint32_t, kSnapshotMetricsMax> snapshot_metrics;
    BoundedList<FaultRule, kFaultRulesMax> fault_rules;
    BoundedList<ThresholdRule, kThresholdRulesMax> thresholds;
};

constexpr bool sane(const FaultRule& rule) {
    return rule.code != 0 && rule.raise_after_ms <= kDebounceMsMax &&
           rule.clear_after_ms <= kDebounceMsMax && rule.storm_limit >= 1 &&
           rule.storm_limit <= kStormLimitMax && rule.storm_window_s >= 1 &&
           rule.storm_window_s <= kStormWindowSMax;
}
/// Also false of infinities and of what is no number.
constexpr bool sane(const ThresholdRule& rule) {
    constexpr float kMax = 3.4028234e38F;
    return rule.metric_id != 0 && rule.code != 0 && rule.low >= -kMax && rule.low <= rule.high &&
           rule.high <= kMax;
}

/// Within all bounds, and no code has two rules or two thresholds.
constexpr bool sane(const TelemetrySettings& settings) {
    const std::uint32_t beat = settings.heartbeat_s;
    if (beat != 0 && (beat < kHeartbeatSMin || beat > kHeartbeatSMax)) return false;
    const auto all = [](const auto& list) {
        for (const auto* one = list.begin(); one != list.end(); ++one) {
            if (!sane(*one)) return false;
            for (const auto* other = list.begin(); other != one; ++other) {
                if (other->code == one->code) return false;
            }
        }
        return true;
    };
    return all(settings.fault_rules) && all(settings.thresholds);
}

}  // namespace aftercare
