// Figures as the commands that judge print and take them.
#pragma once

#include <optional>
#include <string>

#include "collector/core/kpi/statistics.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

std::string decimals(double value, int places);
/// 0.942 → "94 %".
std::string percent(double share);
/// "1%" or "0.01", above 0 and at most 1.  Errors: invalid.
Result<double> parse_share(const std::string& text);
/// "84 % … 98 %"; "–" for none.
std::string percent_range(const std::optional<Interval>& interval);
/// "12.0 … 31.5"; "–" for none.
std::string decimals_range(const std::optional<Interval>& interval, int places);

}  // namespace aftercare::collector
