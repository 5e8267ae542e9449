// The three families' tables, one file each; kind_of() picks.
#pragma once

#include "firmware_sim/model/kind.hpp"

namespace aftercare::sim {

const ApplianceKind& washing_machine();
const ApplianceKind& refrigerator();
const ApplianceKind& air_conditioner();

}  // namespace aftercare::sim
