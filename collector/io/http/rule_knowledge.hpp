// What the record of the rules needs beside rows.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "collector/core/learn/calibration/rule_report.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

struct RuleKnowledge {
    std::function<Result<RulePack>()> in_force;
    std::optional<Costs> costs;
    /// The rules are one collector's and serve every tenant: only this one's makers change them,
    /// and only it reads what people wrote about them. Empty = nobody by the API.
    std::string owner;
};

}  // namespace aftercare::collector
