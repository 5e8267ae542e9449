// A store that watches another one: how large commits are, how long they take, how late their
// telemetry is, and whether the last attempt worked. Thread: `apply` and `load` from the engine's;
// the figures are read there too.
#pragma once

#include <functional>

#include "collector/io/http/figures.hpp"
#include "collector/ports/store.hpp"

namespace aftercare::collector {

class MeteredStore : public Store {
  public:
    using OnStanding = std::function<void(const RuleStanding&)>;
    /// `on_standing` is told of each mode given to a rule, once it is stored.
    explicit MeteredStore(Store& store, OnStanding on_standing = {})
        : store_(store), on_standing_(std::move(on_standing)) {}
    Result<Loaded> load(const Settings& settings, WallTime now) override {
        return store_.load(settings, now);
    }
    Status apply(const Commit& commit) override;
    Result<bool> maintain(WallTime now) override;

    /// Writes its figures into `figures`.
    void report(LiveFigures& figures) const;

  private:
    void count_service_level(const TicketEvent& event);

    Store& store_;
    OnStanding on_standing_;
    LiveFigures figures_;
};

}  // namespace aftercare::collector
