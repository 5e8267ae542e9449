#include "firmware_sim/model/fleet.hpp"

#include <cstdio>

namespace aftercare::sim {
namespace {

enum Tag : std::uint64_t { kTagAppliance = 1, kTagCustomer, kTagFleet, kTagCentre = 7 };

Family draw_family(const std::array<double, kFamilyCount>& mix, Rng& rng) {
    double total = 0;
    for (const double share : mix) total += share;
    double left = rng.uniform() * total;
    for (std::size_t i = 0; i + 1 < kFamilyCount; ++i) {
        if (left < mix[i]) return static_cast<Family>(i);
        left -= mix[i];
    }
    return static_cast<Family>(kFamilyCount - 1);
}

Household make_household(const Scenario& scenario, const Rng& root, std::uint32_t number) {
    const Rng own = root.fork(1000 + number);
    Rng draw = own.fork(kTagFleet);
    const ApplianceKind& kind = kind_of(draw_family(scenario.fleet.mix, draw));
    char digits[16];
    std::snprintf(digits, sizeof digits, "%04u", number);
    ApplianceOptions options;
    options.device_id = std::string(kind.id_prefix) + digits;
    // Appliances are switched on at any minute, so a fleet does not report in step.
    options.start =
        scenario.start + milliseconds{static_cast<std::int64_t>(draw.below(60)) * 60'000};
    options.age_years = draw.uniform(0, scenario.fleet.age_years_max);
    options.wear_factor = scenario.fleet.wear_factor;
    options.reading_window_h = scenario.fleet.reading_window_h;
    options.climate.seed = root.fork(2).next();
    return Household(
        scenario.tenant, std::string(kCentreId), Appliance(kind, options, own.fork(kTagAppliance)),
        Customer(std::string("cust-") + digits, scenario.customers, own.fork(kTagCustomer)));
}

}  // namespace

std::vector<Household> make_fleet(const Scenario& scenario) {
    const Rng root = Rng{scenario.seed}.fork(kTagFleet);
    std::vector<Household> fleet;
    fleet.reserve(scenario.fleet.device_count);
    for (std::uint32_t i = 1; i <= scenario.fleet.device_count; ++i) {
        fleet.push_back(make_household(scenario, root, i));
    }
    return fleet;
}

ServiceCentre make_centre(const Scenario& scenario) {
    return ServiceCentre(std::string(kCentreId), scenario.centre,
                         Rng{scenario.seed}.fork(kTagCentre));
}

}  // namespace aftercare::sim
