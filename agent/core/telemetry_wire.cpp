#include "agent/core/telemetry_wire.hpp"

#include <bit>

#include "agent/core/wire.hpp"

namespace aftercare::agent {
namespace {

// Both kinds of rule are five numbers.
struct Rule {
    std::uint32_t value[6] = {};
    bool ok = true;
};

Rule read_rule(WireReader in) {
    Rule rule;
    while (in.next()) {
        if (in.field() > 5) continue;
        rule.value[in.field()] = in.value32();
        rule.ok = rule.ok && in.value() >> 32 == 0;
    }
    rule.ok = rule.ok && in.ok();
    return rule;
}

bool add_fault_rule(const Rule& in, TelemetrySettings& settings) {
    FaultRule rule;
    rule.code = in.value[1];
    rule.raise_after_ms = in.value[2];
    rule.clear_after_ms = in.value[3];
    if (in.value[4] != 0) rule.storm_limit = in.value[4];
    if (in.value[5] != 0) rule.storm_window_s = in.value[5];
    return in.ok && settings.fault_rules.add(rule);
}

bool add_threshold(const Rule& in, TelemetrySettings& settings) {
    ThresholdRule rule;
    rule.metric_id = in.value[1];
    rule.code = in.value[2];
    rule.high = std::bit_cast<float>(in.value[3]);
    rule.low = std::bit_cast<float>(in.value[4]);
    rule.below = in.value[5] != 0;
    return in.ok && settings.thresholds.add(rule);
}

}  // namespace

ConfigRefusal decode_telemetry_settings(std::span<const std::byte> bytes,
                                        TelemetrySettings& settings) {
    settings = TelemetrySettings{};
    WireReader in{bytes};
    bool fits = true;
    while (in.next()) {
        switch (in.field()) {
            case 1:
                settings.heartbeat_s = in.value32();
                fits = fits && in.value() >> 32 == 0;
                break;
            case 2:
                fits = fits && settings.reading_metrics.add(in.value32());
                break;
            case 3:
                fits = fits && settings.snapshot_metrics.add(in.value32());
                break;
            case 4:
                fits = fits && add_fault_rule(read_rule(WireReader{in.bytes()}), settings);
                break;
            case 5:
                fits = fits && add_threshold(read_rule(WireReader{in.bytes()}), settings);
                break;
            default:
                break;
        }
    }
    if (!in.ok()) return ConfigRefusal::malformed;
    return fits && sane(settings) ? ConfigRefusal::none : ConfigRefusal::bad_value;
}

}  // namespace aftercare::agent
