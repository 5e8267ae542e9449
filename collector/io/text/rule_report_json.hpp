// The record of the rules as JSON: what the API serves and the command line prints.
#pragma once

#include "collector/core/learn/calibration/rule_report.hpp"
#include "collector/io/text/json.hpp"

namespace aftercare::collector {

Json json_of(const RuleStanding& standing);
/// {"changes", "rules": [{…, "total", "cuts"}], "reliability": {"tickets", "trials"}, "currency"};
/// what is undefined is null.
Json json_of(const RuleReport& report, const std::optional<Costs>& costs);

}  // namespace aftercare::collector
