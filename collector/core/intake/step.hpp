// What every part of a step needs: the world's constants, the moment, and the commit to append to.
#pragma once

#include "collector/core/commit.hpp"
#include "collector/core/engine.hpp"

namespace aftercare::collector {

/// Lifetime: outlives the engine.
struct World {
    const Settings& settings;
    const Catalogue& catalogue;
    const Detector& detector;
};

struct Step {
    Now now;
    Commit& commit;
};

}  // namespace aftercare::collector
