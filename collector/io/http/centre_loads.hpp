// Who has how much, counted no oftener than it pays: a count reads every open ticket.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "collector/ports/queries.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

/// Counting takes at most one part in so many of the time.
inline constexpr int kCountingShare = 20;

/// Thread: any. Whoever asks while somebody counts is told the last count.
class CentreLoads {
  public:
    explicit CentreLoads(std::function<Instant()> clock) : clock_(std::move(clock)) {}

    /// Of the newest event, unless counting up to that took so long that it is not due again.
    /// Errors: of the reading side.
    Result<std::vector<CentreLoad>> of(const std::string& tenant, Queries& queries);

  private:
    struct Counted {
        std::vector<CentreLoad> loads;
        std::uint64_t position = 0;  ///< of the newest event before; 0 = never counted
        Instant at{};
        Instant::duration took{};
        bool counting = false;
    };
    const std::function<Instant()> clock_;
    std::mutex mutex_;
    std::map<std::string, Counted> tenants_;
};

}  // namespace aftercare::collector
