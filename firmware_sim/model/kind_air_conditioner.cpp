#include "firmware_sim/model/kinds.hpp"

namespace aftercare::sim {
namespace {

enum Metric : std::uint32_t {
    kRoom = 1,
    kSupplyAir,
    kFanSpeed,
    kFanCurrent,
    kCompressor,
    kCondenser,
    kVoltage
};

constexpr MetricSpec kMetrics[] = {
    {kRoom, "room_temperature_celsius", -20, 60, 23, 0.8, 0.5, 0.3, false},
    {kSupplyAir, "supply_air_temperature_celsius", -10, 60, 13, 0.6, 0.7, 0.15, true},
    {kFanSpeed, "fan_speed_rpm", 0, 3000, 1100, 15, 20, 0, true},
    {kFanCurrent, "fan_current_ampere", 0, 5, 0.52, 0.02, 0.025, 0, true},
    {kCompressor, "compressor_current_ampere", 0, 20, 4.1, 0.15, 0.2, 0.06, true},
    {kCondenser, "condenser_temperature_celsius", -10, 100, 41, 1.0, 1.4, 1.0, true},
    {kVoltage, "supply_voltage_volt", 0, 300, 230, 1.5, 1.2, 0, false},
};

constexpr FailureModeSpec kModes[] = {
    {.id = "air_filter_clogged",
     .component_id = 1,
     .component = "air_filter",
     .part = "AC24-FILT-2PK",
     .cause = Cause::user_caused,
     .unit = LifeUnit::hours_of_use,
     .life_scale = 5200,
     .life_shape = 1.6,
     .precursor_days = 15,
     .precursor_spread = 0.5,
     .silent_ratio = 0.15,
     .fault_code = 3,
     .fault_from_level = 0.3,
     .faults_per_day = 0.6,
     .self_help = true,
     .drifts = {{{kFanCurrent, 0.16}, {kSupplyAir, -3.5}}}},
    {.id = "refrigerant_low",
     .component_id = 2,
     .component = "sealed_system",
     .part = "AC24-R32-800G",
     .cause = Cause::random,
     .unit = LifeUnit::hours_of_use,
     .life_scale = 18'000,
     .life_shape = 1.0,
     .precursor_days = 14,
     .precursor_spread = 0.6,
     .silent_ratio = 0.15,
     .fault_code = 11,
     .fault_from_level = 0.3,
     .faults_per_day = 0.6,
     .drifts = {{{kSupplyAir, 6}, {kCompressor, -1.0}}}},
    {.id = "fan_motor_worn",
     .component_id = 3,
     .component = "fan_motor",
     .part = "AC24-FANM-35W",
     .cause = Cause::wear_out,
     .unit = LifeUnit::hours_of_use,
     .life_scale = 16'000,
     .life_shape = 2.8,
     .precursor_days = 20,
     .precursor_spread = 0.5,
     .silent_ratio = 0.1,
     .fault_code = 7,
     .fault_from_level = 0.35,
     .faults_per_day = 0.4,
     .drifts = {{{kFanSpeed, -220}, {kFanCurrent, 0.1}}}},
    {.id = "capacitor_failed",
     .component_id = 4,
     .component = "capacitor",
     .part = "AC24-CAP-35UF-450V",
     .cause = Cause::infant,
     .unit = LifeUnit::hours_of_use,
     .life_scale = 40'000,
     .life_shape = 0.7,
     .precursor_days = 8,
     .precursor_spread = 0.6,
     .silent_ratio = 0.6,
     .fault_code = 15,
     .fault_from_level = 0.3,
     .faults_per_day = 0.7,
     .drifts = {{{kCompressor, 1.1}}}},
};

constexpr TransientFault kTransients[] = {{3, 1.5},  {11, 1.5}, {7, 0.8},
                                          {15, 0.8}, {20, 5.0}, {90, 3.0}};

constexpr SensorLie kLies[] = {{kSupplyAir, 0.15, 3, 4}, {kFanSpeed, 0.1, 120, 3}};

constexpr ApplianceKind kAirConditioner{.family = Family::air_conditioner,
                                        .model = "AC-240",
                                        .firmware = "1.7.2",
                                        .id_prefix = "ac-",
                                        .metrics = kMetrics,
                                        .modes = kModes,
                                        .transients = kTransients,
                                        .lies = kLies,
                                        .counters = {1, 2, 3},
                                        .uses_per_day = 0.8,
                                        .uses_spread = 0.25,
                                        .power_in_use_w = 850,
                                        .power_idle_w = 2,
                                        .water_ml_per_cycle = 0};

}  // namespace

const ApplianceKind& air_conditioner() {
    return kAirConditioner;
}

}  // namespace aftercare::sim
