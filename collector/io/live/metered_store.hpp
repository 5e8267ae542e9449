// A store that watches another one: how large commits are, how long they take, how late their
// telemetry is, and whether the last attempt worked. Thread: `apply` and `load` from the engine's;
// the figures are read there too.
#pragma once

#include "collector/io/http/figures.hpp"
#include "collector/ports/store.hpp"

namespace aftercare::collector {

class MeteredStore : public Store {
  public:
    explicit MeteredStore(Store& store) : store_(store) {}
    Result<Loaded> load(const Settings& settings, WallTime now) override {
        return store_.load(settings, now);
    }
    Status apply(const Commit& commit) override;
    Result<bool> maintain(WallTime now) override;

    /// Writes its figures into `figures`.
    void report(LiveFigures& figures) const;

  private:
    Store& store_;
    LiveFigures figures_;
};

}  // namespace aftercare::collector
