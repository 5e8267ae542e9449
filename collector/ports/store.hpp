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
    /// Errors: unavailable (disk full, locked: try again; nothing was applied), corrupt.
    virtual Status apply(const Commit& commit) = 0;
};

}  // namespace aftercare::collector
