// What is refused: counted always, kept as a bounded sample. What one tenant learns of its refused
// messages says nothing of anybody else's: counts, numbers, bounds and places are each tenant's
// own.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "collector/core/intake/registry.hpp"
#include "collector/core/intake/step.hpp"

namespace aftercare::collector {

/// A flood of garbage costs at most this many rows of a tenant a commit; the counters see all of
/// it.
inline constexpr std::size_t kQuarantineRowsPerCommitMax = 100;

class Quarantine {
  public:
    Quarantine(const Registry& registry, Totals& totals) : registry_(registry), totals_(totals) {}
    void load(const RefusalCount& stored);
    void add(const Refusal& refusal, std::string_view topic, std::string_view bytes,
             const Step& step);
    /// While set, a refusal goes there and is neither counted nor kept: the message was already.
    void divert(std::optional<Refusal>* refusal) { diverted_ = refusal; }
    /// Appends the counts that grew since the last call.
    void finish(Commit& commit);

  private:
    struct Owner {
        std::array<std::uint64_t, kRefusalReasonCount> refused{};
        std::size_t rows = 0;  ///< of this commit
        bool dirty = false;
    };

    const Registry& registry_;
    Totals& totals_;
    std::map<std::string, Owner, std::less<>> owners_;  ///< served tenants, and nobody
    std::optional<Refusal>* diverted_ = nullptr;
};

}  // namespace aftercare::collector
