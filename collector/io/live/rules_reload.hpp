// Rule packs read again while the collector runs: what is wrong is told and changes nothing; what
// is right is first kept in the database, then in force between two batches.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "collector/io/http/rule_knowledge.hpp"
#include "collector/io/live/config.hpp"
#include "collector/io/live/engine_thread.hpp"
#include "collector/io/live/lookout.hpp"
#include "collector/io/sqlite/sqlite_store.hpp"

namespace aftercare::collector {

/// What is changed. Lifetime: until the engine's thread has ended.
struct RulesInForce {
    const CollectorConfig& config;
    const Catalogue& catalogue;
    Detector& detector;
    SqliteStore& store;
    Engine& engine;
    LiveClock clock;
    Lookout& lookout;
    EngineThread& thread;
};

/// Thread: any. Two at once are done one after the other, each with the files as it found them.
class RulesReload {
  public:
    void begin(const RulesInForce& rules);
    /// Nothing is read again from here on. Pre: the engine's thread still runs.
    void end();
    /// Reads the files in this thread and hands them to the engine's. Tells the log how it went,
    /// and `done`, which may be empty.
    void run(const std::string& who, const RuleKnowledge::Done& done);

  private:
    std::mutex mutex_;
    std::optional<RulesInForce> rules_;  ///< nothing: not begun yet, or ended
};

}  // namespace aftercare::collector
