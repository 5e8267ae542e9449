// Service centres of the config file: [[centre]].
#pragma once

#include <string>
#include <vector>

#include "collector/core/model/catalogue.hpp"
#include "collector/core/sla/policy.hpp"
#include "collector/io/toml/table_reader.hpp"

namespace aftercare::collector {

/// Adds to `sla`, whose calendars are read already. `tenants`: of the configuration; empty = not
/// given in the file. Notes mistakes.
void read_centre(const toml::table& table, const std::vector<std::string>& tenants,
                 Mistakes& mistakes, SlaSettings& sla);

/// A family or skill that no model knows would route nothing, silently.
/// Errors: invalid, one line per mistake, naming centre, key and what is allowed.
Status check_centres(const SlaSettings& sla, const Catalogue& catalogue, const std::string& file);

}  // namespace aftercare::collector
