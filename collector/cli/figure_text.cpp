#include "collector/cli/figure_text.hpp"

#include <cstdio>
#include <cstdlib>

namespace aftercare::collector {

std::string decimals(double value, int places) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", places, value);
    return text;
}

std::string percent(double share) {
    return std::to_string(static_cast<int>(share * 100 + 0.5)) + " %";
}

Result<double> parse_share(const std::string& text) {
    const bool percent = !text.empty() && text.back() == '%';
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end) / (percent ? 100 : 1);
    const bool whole = end != text.c_str() && *end == (percent ? '%' : '\0');
    if (!whole || !(value > 0 && value <= 1)) {
        return fail(Errc::invalid, "'" + text + "': a share such as 1% or 0.01 is allowed");
    }
    return value;
}

std::string percent_range(const std::optional<Interval>& interval) {
    return interval ? percent(interval->low) + " … " + percent(interval->high) : "–";
}

std::string decimals_range(const std::optional<Interval>& interval, int places) {
    return interval ? decimals(interval->low, places) + " … " + decimals(interval->high, places)
                    : "–";
}

}  // namespace aftercare::collector
