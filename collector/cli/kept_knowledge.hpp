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
    /// All of it in force from here on. The end of time when catalogues did not come at one moment:
    /// what was in force when is then not known.
    WallTime since{};
};

/// The newest version of each catalogue, and the rule packs in force. Errors: of
/// SqliteQueries::open; invalid, of a text.
Result<KeptKnowledge> kept_knowledge(const std::string& database_path);

}  // namespace aftercare::collector
