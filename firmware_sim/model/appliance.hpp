// A simulated appliance: habits, weather, wear and sensors in, telemetry bodies out, hour by hour.
// Deterministic from its Rng; knows nothing of agents or collectors.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/rng.hpp"
#include "common/telemetry.hpp"
#include "common/time.hpp"
#include "firmware_sim/model/climate.hpp"
#include "firmware_sim/model/kind.hpp"
#include "firmware_sim/model/truth.hpp"
#include "firmware_sim/model/wear.hpp"

namespace aftercare::sim {

/// What the firmware hands to its agent, with the moment at which it does.
struct Emission {
    WallTime at{};
    std::variant<Fault, Reading, Usage, Lifecycle> body;
};

struct ApplianceOptions {
    std::string device_id;
    WallTime start{};        ///< simulation begins; whole hour
    double age_years = 0;    ///< at `start`
    double wear_factor = 1;  ///< shortens every life
    unsigned reading_window_h = 1;
    Climate climate;
};

/// What an inspection can find about one failure mode.
struct Finding {
    const FailureModeSpec* mode = nullptr;
    double level = 0;  ///< 0 healthy … 1 loss of function
    bool failed = false;
    std::optional<WallTime> failed_at;
};

class Appliance {
  public:
    /// Lifetime: `kind` outlives it (the tables of kind_of do).
    Appliance(const ApplianceKind& kind, ApplianceOptions options, Rng rng);

    /// Lives through every whole hour up to `to`; appends telemetry in order of time and writes
    /// truth.
    void advance(WallTime to, std::vector<Emission>& telemetry, TruthLedger& truth);
    /// Start of the next hour to live through.
    [[nodiscard]] WallTime now() const { return now_; }

    /// All failure modes, in the order of the kind's table.
    [[nodiscard]] std::vector<Finding> inspect() const;
    /// The worst mode of `component`; nothing when the appliance has no such component.
    [[nodiscard]] std::optional<Finding> inspect(std::string_view component) const;
    /// Is a mode that stops the appliance beyond loss of function?
    [[nodiscard]] bool broken() const;

    /// A new part: every mode of `component` starts afresh; its raised code is cleared and the part
    /// reported with the next hour's telemetry.
    void repair(std::string_view component, WallTime at, TruthLedger& truth);
    /// The customer clears a self-help mode. False (nothing changes) when that mode is not
    /// degrading.
    bool self_help(std::string_view mode_id, WallTime at, TruthLedger& truth);
    /// Failed when any mode shows more than half of its symptoms.
    [[nodiscard]] SelfTest self_test(const SelfTestRequest& request) const;

    [[nodiscard]] const ApplianceKind& kind() const { return *kind_; }
    [[nodiscard]] const std::string& device_id() const { return options_.device_id; }
    [[nodiscard]] WallTime installed_at() const;

  private:
    struct RunningLie {
        double offset = 0;
        WallTime until{};
    };
    struct WindowSum {
        std::uint32_t n = 0;
        double mean = 0, squares = 0, low = 0, high = 0, last = 0;
        void add(double value);
    };

    void live_hour(std::vector<Emission>& telemetry, TruthLedger& truth);
    double hours_of_use_now();
    void wear(double use_hours, double cycles, std::vector<Emission>& telemetry,
              TruthLedger& truth);
    void tell_faults(bool in_use, std::vector<Emission>& telemetry, TruthLedger& truth);
    void sample(bool in_use, double ambient_celsius, TruthLedger& truth);
    void tell_use(double use_hours, std::vector<Emission>& telemetry);
    void tell_reading(std::vector<Emission>& telemetry);
    void end_episode(Wear& wear, WallTime at, Ending ending, TruthLedger& truth);
    Fault make_fault(std::uint32_t code, FaultState state) const;
    WallTime within_hour();

    const ApplianceKind* kind_;
    ApplianceOptions options_;
    WallTime now_;
    Rng habit_rng_, noise_rng_, fault_rng_, lie_rng_;
    double uses_per_day_ = 1;
    bool ambient_outdoors_ = false;
    std::vector<Wear> wears_;
    std::vector<double> unit_offsets_;
    std::vector<RunningLie> lies_;
    std::vector<WindowSum> window_;
    std::vector<double> hour_values_;  ///< last value per metric, for fault snapshots
    unsigned window_hours_ = 0;
    std::vector<Emission> pending_;  ///< caused between hours (repairs)
    std::vector<std::optional<WallTime>> failed_at_;
    double session_hours_ = 0;  ///< running use that has no usage record yet
    double total_cycles_ = 0, total_hours_ = 0, total_energy_wh_ = 0;
};

}  // namespace aftercare::sim
