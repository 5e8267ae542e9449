// What is refused: counted always, kept as a bounded sample.
#pragma once

#include <optional>
#include <string_view>

#include "collector/core/intake/step.hpp"

namespace aftercare::collector {

/// A flood of garbage costs at most this many rows a commit; the counters see all of it.
inline constexpr std::size_t kQuarantineRowsPerCommitMax = 100;

class Quarantine {
  public:
    explicit Quarantine(Totals& totals) : totals_(totals) {}
    void add(const Refusal& refusal, std::string_view topic, std::string_view bytes,
             const Step& step);
    /// While set, a refusal goes there and is neither counted nor kept: the message was already.
    void divert(std::optional<Refusal>* refusal) { diverted_ = refusal; }

  private:
    Totals& totals_;
    std::optional<Refusal>* diverted_ = nullptr;
};

}  // namespace aftercare::collector
