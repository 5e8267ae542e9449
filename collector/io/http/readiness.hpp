// Ready means: what arrives now will be stored. A collector is ready when every condition here is
// met, and each condition says why it is not and since when.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/time.hpp"

namespace aftercare::collector {

struct Condition {
    std::string_view name;  ///< a literal, also the label of its metric
    bool met = false;
    std::string why{};  ///< empty when met
    WallTime since{};   ///< real time of the last change
};

/// Remembers since when each condition is as it is. Ask often: a change is dated when it is seen.
/// Thread: any.
class ReadinessLog {
  public:
    /// Dates what changed. Pre: always the same names.
    std::vector<Condition> track(std::vector<Condition> conditions, WallTime now);

  private:
    std::mutex mutex_;
    std::vector<Condition> last_;
};

/// No condition at all is not ready: nothing was judged yet.
bool all_met(const std::vector<Condition>& conditions);
/// Ready or not since when: the moment of the last change that made it so.
/// Pre: not empty.
WallTime ready_since(const std::vector<Condition>& conditions);

}  // namespace aftercare::collector
