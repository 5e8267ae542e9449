#include "collector/cli/figure_text.hpp"

#include <cstdio>

namespace aftercare::collector {

std::string decimals(double value, int places) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", places, value);
    return text;
}

std::string percent(double share) {
    return std::to_string(static_cast<int>(share * 100 + 0.5)) + " %";
}

std::string percent_range(const std::optional<Interval>& interval) {
    return interval ? percent(interval->low) + " … " + percent(interval->high) : "–";
}

std::string decimals_range(const std::optional<Interval>& interval, int places) {
    return interval ? decimals(interval->low, places) + " … " + decimals(interval->high, places)
                    : "–";
}

}  // namespace aftercare::collector
