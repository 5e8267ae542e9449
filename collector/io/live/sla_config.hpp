// Service levels of the config file: [[calendar]], [[centre]], [[sla.policy]].
#pragma once

#include <string>
#include <vector>

#include "collector/core/sla/policy.hpp"
#include "collector/io/live/catalogue_name.hpp"
#include "collector/io/toml/table_reader.hpp"

namespace aftercare::collector {

/// Changes of the clocks, and holidays that come every year, are known up to here: the last year of
/// the compiled tz database.
inline constexpr int kCalendarFirstYear = 2000;
inline constexpr int kCalendarLastYear = 2037;

struct ServiceLevelTables {
    std::vector<const toml::table*> calendars;
    std::vector<const toml::table*> centres;
    std::vector<const toml::table*> policies;
    const std::vector<std::string>& tenants;  ///< of the configuration
};

/// Adds to `sla`, whose `otherwise` is read already and is what a policy leaves out.
/// `config_file`: file names are relative to its folder. Notes mistakes.
void read_service_levels(const ServiceLevelTables& tables, const std::string& config_file,
                         Mistakes& mistakes, SlaSettings& sla, std::vector<CatalogueName>& names);

/// A mistake at `key` when there is no such calendar. An empty name is none.
void check_calendar_name(TableReader& reader, std::string_view key, const std::string& name,
                         const SlaSettings& sla);

}  // namespace aftercare::collector
