// What is asked about the rules beside rows: which are in force, and to read them again.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "collector/core/detect/detector.hpp"
#include "collector/core/learn/calibration/rule_report.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

/// The rule files were read again, and are in force.
struct RulesReloaded {
    struct Pack {
        std::string file, id;
        std::uint32_t version = 0;
    };
    std::vector<Pack> packs;
    RulesChange change;
};

struct RuleKnowledge {
    struct Kept {
        RulePack pack;
        RuleSpans spans;
    };
    std::function<Result<Kept>()> in_force;  ///< as the database keeps it
    std::optional<Costs> costs;
    /// The rules are one collector's and serve every tenant: only this one's makers change them,
    /// and only it reads what people wrote about them. Empty = nobody by the API.
    std::string owner;
    /// Reads the rule files again, for `who`. `done` is called once, at once or from the engine's
    /// thread. Errors: invalid (a file with a mistake, by line; the rules of before stay in force),
    /// exhausted, unavailable.
    using Done = std::function<void(Result<RulesReloaded>)>;
    std::function<void(const std::string& who, Done done)> reload;
};

}  // namespace aftercare::collector
