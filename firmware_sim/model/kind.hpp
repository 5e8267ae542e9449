// What an appliance family is made of: metrics, codes, failure modes and habits as tables. The
// numeric ids and names are those of deploy/catalogue/appliances.toml (a test holds the two
// together).
//
// One formula serves all families: value = base + unit's own offset + ambient slope · (ambient − 20
// °C)
// + Σ level^curve · shift over degrading modes + sensor lie + noise.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace aftercare::sim {

enum class Family : std::uint8_t { washing_machine, refrigerator, air_conditioner };
inline constexpr std::size_t kFamilyCount = 3;
std::string_view to_string(Family family);

struct MetricSpec {
    std::uint32_t id = 0;
    std::string_view name;
    double low = 0;  ///< physical range; values are cut to it
    double high = 0;
    double base = 0;
    double unit_spread = 0;    ///< standard deviation between appliances
    double noise = 0;          ///< standard deviation of an hour's value
    double ambient_slope = 0;  ///< per °C above 20 °C at the place of installation
    bool in_use_only = false;  ///< measured only in hours of use
};

/// Why a component fails; says which life distribution fits.
enum class Cause : std::uint8_t { wear_out, infant, random, user_caused };
std::string_view to_string(Cause cause);

enum class LifeUnit : std::uint8_t { cycles, hours_of_use };

/// The change of a metric at the moment of loss of function, in the metric's unit.
struct Drift {
    std::uint32_t metric_id = 0;
    double shift = 0;
};

struct FailureModeSpec {
    std::string_view id;
    std::uint32_t component_id = 0;
    std::string_view component;
    std::string_view part;  ///< replaced in a repair, as the catalogue numbers it; empty = none
    Cause cause = Cause::wear_out;
    LifeUnit unit = LifeUnit::cycles;
    double life_scale = 0;  ///< Weibull, in `unit`
    double life_shape = 1;
    double precursor_days = 14;      ///< median from onset of degradation to loss of function
    double precursor_spread = 0.35;  ///< standard deviation of its logarithm
    double curve = 1.3;              ///< symptoms grow as (share of the precursor passed)^curve
    double silent_ratio = 0;         ///< share of episodes that show nothing beforehand
    std::uint32_t fault_code = 0;    ///< told before and at loss of function; 0 = none
    double fault_from_level = 0.4;   ///< codes begin at this level …
    double faults_per_day = 2;       ///< … and come this often at level 1
    bool stops_appliance = true;     ///< after loss of function nobody uses it
    bool goes_dark = false;          ///< after loss of function it tells nothing at all
    bool self_help = false;          ///< the customer can clear it with the article
    std::array<Drift, 3> drifts{};
};

/// Codes that come without any failure: power dips, overload, an open door.
struct TransientFault {
    std::uint32_t code = 0;
    double per_year = 0;
};

/// A sensor that tells a wrong value for some days although nothing wears.
struct SensorLie {
    std::uint32_t metric_id = 0;
    double per_year = 0;
    double offset = 0;  ///< in the metric's unit, either sign
    double days = 3;    ///< mean length
};

struct CounterIds {
    std::uint32_t cycles = 0;
    std::uint32_t hours_of_use = 0;
    std::uint32_t energy_wh = 0;
};

struct ApplianceKind {
    Family family{};
    std::string_view model;
    std::string_view firmware;
    std::string_view id_prefix;  ///< device ids are prefix + number
    std::span<const MetricSpec> metrics;
    std::span<const FailureModeSpec> modes;
    std::span<const TransientFault> transients;
    std::span<const SensorLie> lies;
    CounterIds counters;
    double uses_per_day = 1;   ///< washing machine: cycles; air conditioner: share of warm hours
    double uses_spread = 0.3;  ///< standard deviation of its logarithm between households
    double power_in_use_w = 0;
    double power_idle_w = 0;
    std::uint32_t water_ml_per_cycle = 0;

    [[nodiscard]] const FailureModeSpec* mode(std::string_view mode_id) const;
};

const ApplianceKind& kind_of(Family family);
std::span<const ApplianceKind* const> all_kinds();

}  // namespace aftercare::sim
