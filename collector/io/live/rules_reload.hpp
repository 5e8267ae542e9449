// Rule packs read again while the collector runs: what is wrong is told and changes nothing; what
// is right is first kept in the database, then in force between two batches.
#pragma once

#include "collector/io/live/config.hpp"
#include "collector/io/live/engine_thread.hpp"
#include "collector/io/live/lookout.hpp"
#include "collector/io/sqlite/sqlite_store.hpp"

namespace aftercare::collector {

/// Lifetime: until the engine's thread has ended.
struct RulesInForce {
    const CollectorConfig& config;
    const Catalogue& catalogue;
    Detector& detector;
    SqliteStore& store;
    Engine& engine;
    LiveClock clock;
    Lookout& lookout;
};

/// Reads the files in this thread and hands them to the engine's. Tells the log how it went.
void reload_rules(const RulesInForce& rules, EngineThread& engine);

}  // namespace aftercare::collector
