// Where the collector keeps things. One contract test runs against every implementation
// (tests/contract/store_contract.hpp). No MQTT and no SQL words here.
#pragma once

#include "collector/core/commit.hpp"
#include "collector/core/engine.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

class Store {
  public:
    virtual ~Store() = default;
    /// Errors: corrupt, unavailable — with the way out in words.
    virtual Result<Loaded> load(const Settings& settings, WallTime now) = 0;
    /// All of it or nothing, durable when it returns. Applying the same commit again is harmless.
    /// A commit is judged by how it leaves the tickets, whatever the order of its rows.
    /// Errors: unavailable (disk full, locked: try again; nothing was applied), corrupt, conflict
    /// (a record stored twice, a second open ticket for an incident, a row that names a device or
    /// ticket which does not exist: the engine is wrong, trying again does not help).
    virtual Status apply(const Commit& commit) = 0;
    /// Does a bounded piece of housekeeping, some milliseconds; never needed for what `apply` and
    /// `load` promise, and never seen in what is read. True: there is more to do. A store without
    /// any does nothing. Errors: unavailable, corrupt; nothing was changed.
    virtual Result<bool> maintain(WallTime) { return false; }
};

}  // namespace aftercare::collector
