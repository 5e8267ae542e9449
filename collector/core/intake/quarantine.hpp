// What is refused: counted always, kept as a bounded sample.
#pragma once

#include <string_view>

#include "collector/core/intake/step.hpp"

namespace aftercare::collector {

/// A flood of garbage costs at most this many rows a commit; the counters see all of it.
inline constexpr std::size_t kQuarantineRowsPerCommitMax = 100;
inline constexpr std::size_t kQuarantineSampleBytesMax = 256;

class Quarantine {
  public:
    explicit Quarantine(Totals& totals) : totals_(totals) {}
    void add(const Refusal& refusal, std::string_view topic, std::string_view bytes,
             const Step& step);

  private:
    Totals& totals_;
};

}  // namespace aftercare::collector
