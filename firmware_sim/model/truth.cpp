#include "firmware_sim/model/truth.hpp"

#include <utility>

#include "common/result.hpp"

namespace aftercare::sim {

std::string_view to_string(Ending ending) {
    switch (ending) {
        case Ending::running:
            return "running";
        case Ending::repaired:
            return "repaired";
        case Ending::self_help:
            return "self_help";
    }
    return "unknown";
}

std::size_t TruthLedger::begin(Episode episode) {
    episodes_.push_back(std::move(episode));
    return episodes_.size() - 1;
}

void TruthLedger::fail(std::size_t episode, WallTime at) {
    AFTERCARE_ASSERT(episode < episodes_.size() && !episodes_[episode].failed_at);
    episodes_[episode].failed_at = at;
}

void TruthLedger::end(std::size_t episode, WallTime at, Ending ending,
                      std::optional<WallTime> would_fail_at) {
    AFTERCARE_ASSERT(episode < episodes_.size() && !episodes_[episode].ended_at);
    Episode& ended = episodes_[episode];
    ended.ended_at = at;
    ended.ending = ending;
    if (!ended.failed_at) ended.would_fail_at = would_fail_at;
}

std::vector<collector::TrueFailure> failures_of(const TruthLedger& truth) {
    std::vector<collector::TrueFailure> failures;
    for (const Episode& episode : truth.episodes()) {
        if (const auto at = episode.failure()) {
            failures.push_back({episode.device_id, episode.component, *at});
        }
    }
    return failures;
}

}  // namespace aftercare::sim
