// A fleet of several kinds of appliances, taken apart by the maker's catalogue: components of one
// name in a refrigerator and an air conditioner have nothing in common, so each family learns from
// its own devices, and its rules name its own failure modes.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "collector/core/learn/fit/fit.hpp"
#include "collector/core/model/catalogue.hpp"

namespace aftercare::collector {

struct Family {
    std::string name;                 ///< the catalogue's family, or the model's own id
    std::vector<std::string> models;  ///< those that the histories have, in the catalogue's order
};

/// In the catalogue's order; only those with devices in the histories.
std::vector<Family> families_of(std::span<const History> histories, const Catalogue& catalogue);

/// The devices of a family, with the names that they use. One history per given one, in order.
std::vector<History> of_family(std::span<const History> histories, const Family& family);

/// Options with the family's models and, for each component of the histories, its failure mode in
/// the catalogue: the only one, else the one that outcomes about it name most often, else the
/// first.
FitOptions options_for(const Family& family, std::span<const History> histories,
                       const Catalogue& catalogue, FitOptions options);

/// Rules of several families in one pack; of equal rule ids the later get the family's name.
void append(Fit part, const Family& family, Fit& whole);

}  // namespace aftercare::collector
