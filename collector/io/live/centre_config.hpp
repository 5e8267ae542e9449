// Service centres of the config file: [[centre]].
#pragma once

#include <string>
#include <vector>

#include "collector/core/model/catalogue.hpp"
#include "collector/core/sla/policy.hpp"
#include "collector/io/live/catalogue_name.hpp"
#include "collector/io/toml/table_reader.hpp"

namespace aftercare::collector {

/// Adds to `sla`, whose calendars are read already. `tenants`: of the configuration; empty = not
/// given in the file. Notes mistakes, and adds to `names` what the catalogue must know.
void read_centre(const toml::table& table, const std::vector<std::string>& tenants,
                 Mistakes& mistakes, SlaSettings& sla, std::vector<CatalogueName>& names);

/// A family or skill that no model knows would route nothing, silently.
/// Errors: invalid, one line per mistake, naming file, line, key and what is allowed.
Status check_centres(const std::vector<CatalogueName>& names, const Catalogue& catalogue);

}  // namespace aftercare::collector
