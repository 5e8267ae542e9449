// Builds the households of a scenario, each from its own fork of the seed: one more device never
// changes the others.
#pragma once

#include <vector>

#include "firmware_sim/model/household.hpp"
#include "firmware_sim/model/scenario.hpp"

namespace aftercare::sim {

inline constexpr std::string_view kCentreId = "centre-north";

/// Device ids are "wm-0001", "rf-0002", "ac-0003": prefix of the family and the running number.
std::vector<Household> make_fleet(const Scenario& scenario);
ServiceCentre make_centre(const Scenario& scenario);

}  // namespace aftercare::sim
