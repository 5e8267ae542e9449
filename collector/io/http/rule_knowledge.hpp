// What the record of the rules needs beside rows.
#pragma once

#include <functional>
#include <optional>

#include "collector/core/learn/calibration/rule_report.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

struct RuleKnowledge {
    std::function<Result<RulePack>()> in_force;
    std::optional<Costs> costs;
};

}  // namespace aftercare::collector
