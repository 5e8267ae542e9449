#include "firmware_sim/model/kinds.hpp"

namespace aftercare::sim {
namespace {

enum Metric : std::uint32_t { kVoltage = 1, kBoard, kVibration, kCurrent, kDrain, kFill, kHeating };

constexpr MetricSpec kMetrics[] = {
    {kVoltage, "supply_voltage_volt", 0, 300, 230, 1.5, 1.2, 0, false},
    {kBoard, "board_temperature_celsius", -20, 100, 24, 1.0, 0.8, 0.9, false},
    {kVibration, "drum_vibration_mm_s", 0, 60, 6.0, 0.8, 0.9, 0, true},
    {kCurrent, "motor_current_ampere", 0, 16, 3.2, 0.15, 0.2, 0, true},
    {kDrain, "drain_time_s", 0, 600, 55, 4, 4, 0, true},
    {kFill, "fill_time_s", 0, 900, 95, 8, 6, 0, true},
    {kHeating, "heating_rate_celsius_per_min", 0, 5, 1.6, 0.05, 0.06, 0.004, true},
};

constexpr FailureModeSpec kModes[] = {
    {.id = "drum_bearing_worn",
     .component_id = 1,
     .component = "drum_bearing",
     .part = "WM82-BRG-6206-2RS",
     .cause = Cause::wear_out,
     .unit = LifeUnit::cycles,
     .life_scale = 4200,
     .life_shape = 3.0,
     .precursor_days = 28,
     .precursor_spread = 0.5,
     .silent_ratio = 0.1,
     .fault_code = 31,
     .fault_from_level = 0.35,
     .faults_per_day = 0.4,
     .drifts = {{{kVibration, 7.0}, {kCurrent, 0.6}}}},
    {.id = "drain_pump_blocked",
     .component_id = 2,
     .component = "drain_pump",
     .part = "WM82-PUMP-30W",
     .cause = Cause::user_caused,
     .unit = LifeUnit::cycles,
     .life_scale = 1600,
     .life_shape = 1.4,
     .precursor_days = 12,
     .precursor_spread = 0.6,
     .silent_ratio = 0.2,
     .fault_code = 18,
     .fault_from_level = 0.3,
     .faults_per_day = 0.6,
     .self_help = true,
     .drifts = {{{kDrain, 45}}}},
    {.id = "heater_scaled",
     .component_id = 3,
     .component = "heater",
     .part = "WM82-HEAT-2000W",
     .cause = Cause::wear_out,
     .unit = LifeUnit::cycles,
     .life_scale = 3600,
     .life_shape = 2.5,
     .precursor_days = 24,
     .precursor_spread = 0.5,
     .silent_ratio = 0.15,
     .fault_code = 5,
     .fault_from_level = 0.4,
     .faults_per_day = 0.35,
     .drifts = {{{kHeating, -0.6}}}},
    {.id = "inlet_valve_failed",
     .component_id = 4,
     .component = "inlet_valve",
     .part = "WM82-VALVE-2WAY",
     .cause = Cause::infant,
     .unit = LifeUnit::cycles,
     .life_scale = 9000,
     .life_shape = 0.6,
     .precursor_days = 9,
     .precursor_spread = 0.6,
     .silent_ratio = 0.25,
     .fault_code = 10,
     .fault_from_level = 0.3,
     .faults_per_day = 0.6,
     .drifts = {{{kFill, 60}}}},
    // The interlock breaks from one cycle to the next: nothing could have told it.
    {.id = "door_lock_failed",
     .component_id = 5,
     .component = "door_lock",
     .part = "WM82-LOCK-DF01",
     .cause = Cause::random,
     .unit = LifeUnit::cycles,
     .life_scale = 4500,
     .life_shape = 1.0,
     .precursor_days = 5,
     .silent_ratio = 1.0,
     .fault_code = 40},
};

// Uneven loads raise the code of a worn bearing, low mains pressure that of a failing valve.
constexpr TransientFault kTransients[] = {{31, 8.0}, {18, 2.0}, {10, 2.5},
                                          {5, 1.0},  {35, 5.0}, {90, 3.0}};

constexpr SensorLie kLies[] = {
    {kVibration, 0.15, 4.0, 4}, {kDrain, 0.1, 20, 3}, {kHeating, 0.1, 0.25, 4}};

constexpr ApplianceKind kWashingMachine{.family = Family::washing_machine,
                                        .model = "WM-820",
                                        .firmware = "3.4.1",
                                        .id_prefix = "wm-",
                                        .metrics = kMetrics,
                                        .modes = kModes,
                                        .transients = kTransients,
                                        .lies = kLies,
                                        .counters = {1, 2, 3},
                                        .uses_per_day = 0.9,
                                        .uses_spread = 0.35,
                                        .power_in_use_w = 900,
                                        .power_idle_w = 0.8,
                                        .water_ml_per_cycle = 48'000};

}  // namespace

const ApplianceKind& washing_machine() {
    return kWashingMachine;
}

}  // namespace aftercare::sim
