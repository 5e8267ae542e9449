// A simulated appliance: habits, weather, wear and sensors in, telemetry bodies out, hour by hour.
// Deterministic from its Rng; knows nothing of agents or collectors.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/downlink.hpp"
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
    WallTime start{};        ///< the first hour begins
    double age_years = 0;    ///< at `start`
    double wear_factor = 1;  ///< wear passes this many times as fast
    unsigned reading_window_h = 1;
    Climate climate;
};

/// What an inspection can find about one failure mode.
struct Finding {
    const FailureModeSpec* mode = nullptr;
    double level = 0;    ///< 0 healthy … 1 loss of function
    double symptom = 0;  ///< what of it shows
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
        double sum = 0, squares = 0, low = 0, high = 0, last = 0;
        void add(double value);
        [[nodiscard]] MetricSummary summary(std::uint32_t metric_id) const;
    };
    /// One hour: how long it was used, in how many cycles, and how warm it was around it.
    struct HourOfUse {
        double hours = 0;
        double cycles = 0;
        double ambient_celsius = 20;
    };
    using Telemetry = std::vector<Emission>;

    void live_hour(Telemetry& telemetry, TruthLedger& truth);
    HourOfUse use_of_hour();
    void wear(const HourOfUse& use, Telemetry& telemetry, TruthLedger& truth);
    void begin_episode(Wear& wear, TruthLedger& truth) const;
    void end_episode(Wear& wear, WallTime at, Ending ending, TruthLedger& truth);
    void tell_precursors(const HourOfUse& use, Telemetry& telemetry);
    void tell_transients(Telemetry& telemetry, TruthLedger& truth);
    void sample(const HourOfUse& use, TruthLedger& truth);
    double value_of(const MetricSpec& metric, std::size_t index, double ambient_celsius);
    double lie_of(const SensorLie& lie, RunningLie& running, TruthLedger& truth);
    void tell_use(const HourOfUse& use, Telemetry& telemetry);
    void tell_usage_record(double hours, WallTime at, Telemetry& telemetry);
    void tell_reading(Telemetry& telemetry);
    [[nodiscard]] Fault fault(std::uint32_t code, FaultState state) const;
    [[nodiscard]] bool dark() const;
    [[nodiscard]] double units_of(const HourOfUse& use, const FailureModeSpec& mode) const;
    WallTime moment_within_hour();

    const ApplianceKind* kind_;
    ApplianceOptions options_;
    WallTime now_;
    Rng habit_rng_, noise_rng_, fault_rng_, lie_rng_;
    double uses_per_day_;
    std::vector<Wear> wears_;
    std::vector<std::optional<WallTime>> failed_at_;  ///< by mode
    std::vector<double> unit_offsets_;                ///< by metric
    std::vector<double> last_values_;                 ///< by metric, NaN before the first
    std::vector<RunningLie> lies_;
    std::vector<WindowSum> window_;  ///< by metric
    unsigned window_hours_ = 0;
    Telemetry pending_;          ///< caused between hours: repairs
    double session_hours_ = 0;   ///< use that has no usage record yet
    double session_span_h_ = 0;  ///< since the last usage record of a continuous appliance
    double cycles_total_ = 0, hours_total_ = 0, energy_total_wh_ = 0;
};

}  // namespace aftercare::sim
