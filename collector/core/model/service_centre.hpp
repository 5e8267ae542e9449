// A service centre as the configuration describes it: whose tickets it takes, how many a day, and
// how they reach it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace aftercare::collector {

/// How a centre learns of its tickets: it looks them up, or they are pushed to its desk topic.
enum class Delivery : std::uint8_t { console, mqtt };

struct ServiceCentre {
    std::string tenant;  ///< empty = of every tenant
    std::string id;
    std::string name;                   ///< for people
    std::string calendar;               ///< name; empty = the house's
    std::vector<std::string> regions;   ///< empty = every one, as in the three below
    std::vector<std::string> families;  ///< of models
    std::vector<std::string> skills;
    std::vector<std::string> languages;
    std::uint32_t jobs_per_day_max = 0;  ///< 0 = without limit
    Delivery delivery = Delivery::console;

    /// Says something that a route can be told by. One that does not only lends its calendar.
    [[nodiscard]] bool routes() const {
        return !regions.empty() || !families.empty() || !skills.empty() || !languages.empty() ||
               jobs_per_day_max > 0;
    }
    [[nodiscard]] bool serves_tenant(std::string_view one) const {
        return tenant.empty() || tenant == one;
    }
};

}  // namespace aftercare::collector
