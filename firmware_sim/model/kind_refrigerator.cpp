#include "firmware_sim/model/kinds.hpp"

namespace aftercare::sim {
namespace {

enum Metric : std::uint32_t {
    kCompartment = 1,
    kFreezer,
    kEvaporator,
    kDuty,
    kCurrent,
    kCondenser,
    kRoom
};

constexpr MetricSpec kMetrics[] = {
    {kCompartment, "compartment_temperature_celsius", -40, 50, 4.2, 0.3, 0.5, 0.05, false},
    {kFreezer, "freezer_temperature_celsius", -40, 50, -19, 0.5, 0.6, 0.05, false},
    {kEvaporator, "evaporator_temperature_celsius", -50, 50, -25, 0.6, 0.8, 0.06, false},
    {kDuty, "compressor_duty_ratio", 0, 1, 0.42, 0.03, 0.05, 0.018, false},
    {kCurrent, "compressor_current_ampere", 0, 10, 0.85, 0.04, 0.04, 0.004, false},
    {kCondenser, "condenser_temperature_celsius", -10, 100, 36, 1.0, 1.2, 1.0, false},
    {kRoom, "room_temperature_celsius", -20, 60, 20, 1.0, 0.4, 1.0, false},
};

constexpr FailureModeSpec kModes[] = {
    {.id = "compressor_worn",
     .component_id = 1,
     .component = "compressor",
     .part = "RF31-COMP-R600A",
     .cause = Cause::wear_out,
     .unit = LifeUnit::hours_of_use,
     .life_scale = 140'000,
     .life_shape = 3.0,
     .precursor_days = 30,
     .precursor_spread = 0.5,
     .silent_ratio = 0.1,
     .fault_code = 21,
     .fault_from_level = 0.35,
     .faults_per_day = 0.35,
     .drifts = {{{kCurrent, 0.22}, {kDuty, 0.2}}}},
    {.id = "refrigerant_leak",
     .component_id = 2,
     .component = "sealed_system",
     .part = "RF31-R600A-70G",
     .cause = Cause::random,
     .unit = LifeUnit::hours_of_use,
     .life_scale = 130'000,
     .life_shape = 1.0,
     .precursor_days = 18,
     .precursor_spread = 0.6,
     .silent_ratio = 0.1,
     .fault_code = 14,
     .fault_from_level = 0.3,
     .faults_per_day = 0.7,
     .drifts = {{{kDuty, 0.35}, {kEvaporator, 7}, {kCompartment, 4}}}},
    {.id = "defrost_heater_failed",
     .component_id = 3,
     .component = "defrost_heater",
     .part = "RF31-DEFR-200W",
     .cause = Cause::infant,
     .unit = LifeUnit::hours_of_use,
     .life_scale = 250'000,
     .life_shape = 0.7,
     .precursor_days = 7,
     .precursor_spread = 0.6,
     .silent_ratio = 0.2,
     .fault_code = 7,
     .fault_from_level = 0.25,
     .faults_per_day = 0.7,
     .drifts = {{{kEvaporator, -9}, {kCompartment, 3}}}},
    {.id = "condenser_dusty",
     .component_id = 4,
     .component = "condenser",
     .cause = Cause::user_caused,
     .unit = LifeUnit::hours_of_use,
     .life_scale = 80'000,
     .life_shape = 1.8,
     .precursor_days = 25,
     .precursor_spread = 0.5,
     .silent_ratio = 0.15,
     .fault_code = 30,
     .fault_from_level = 0.35,
     .faults_per_day = 0.35,
     .self_help = true,
     .drifts = {{{kCondenser, 12}, {kDuty, 0.18}}}},
    // A dead board cannot say so: only the customer's call tells it.
    {.id = "control_board_dead",
     .component_id = 5,
     .component = "control_board",
     .part = "RF31-PCB-MAIN-C",
     .cause = Cause::random,
     .unit = LifeUnit::hours_of_use,
     .life_scale = 120'000,
     .life_shape = 1.0,
     .precursor_days = 3,
     .silent_ratio = 1.0,
     .goes_dark = true},
};

// A hot day or a door left ajar raises the temperature code without any leak.
constexpr TransientFault kTransients[] = {{41, 12.0}, {14, 3.0}, {30, 1.5},
                                          {21, 0.8},  {7, 0.4},  {90, 3.0}};

constexpr SensorLie kLies[] = {
    {kCompartment, 0.15, 2.5, 4}, {kEvaporator, 0.1, 4, 3}, {kCondenser, 0.1, 6, 4}};

constexpr ApplianceKind kRefrigerator{.family = Family::refrigerator,
                                      .model = "RF-310",
                                      .firmware = "2.9.0",
                                      .id_prefix = "rf-",
                                      .metrics = kMetrics,
                                      .modes = kModes,
                                      .transients = kTransients,
                                      .lies = kLies,
                                      .counters = {1, 2, 3},
                                      .uses_per_day = 1.0,
                                      .uses_spread = 0.0,
                                      .power_in_use_w = 42,
                                      .power_idle_w = 0,
                                      .water_ml_per_cycle = 0};

}  // namespace

const ApplianceKind& refrigerator() {
    return kRefrigerator;
}

}  // namespace aftercare::sim
