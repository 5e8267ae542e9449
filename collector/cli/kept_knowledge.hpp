// Catalogue and rules as a database keeps them.
#pragma once

#include <string>

#include "collector/core/detect/rule.hpp"
#include "collector/core/model/catalogue.hpp"
#include "common/result.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

struct KeptKnowledge {
    Catalogue catalogue;
    RulePack pack;
    /// In force from here on. The end of time when its texts did not come at one moment: what was
    /// in force when is then not known.
    WallTime since{};
};

/// The newest version of each kept text. Errors: of SqliteQueries::open; invalid, of a text.
Result<KeptKnowledge> kept_knowledge(const std::string& database_path);

}  // namespace aftercare::collector
