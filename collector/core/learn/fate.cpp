#include "collector/core/learn/fate.hpp"

#include <algorithm>
#include <tuple>

namespace aftercare::collector {

void sort_by_time(std::vector<PartEnd>& ends) {
    static_assert(LifeEnd::failed < LifeEnd::renewed);
    std::sort(ends.begin(), ends.end(), [](const PartEnd& a, const PartEnd& b) {
        return std::tie(a.at, a.end) < std::tie(b.at, b.end);
    });
}

Fate fate_of(WallTime opened, milliseconds horizon, std::span<const PartEnd> ends,
             const Watched& watched) {
    const WallTime due = opened + horizon;
    const auto next =
        std::upper_bound(ends.begin(), ends.end(), opened,
                         [](WallTime moment, const PartEnd& end) { return moment < end.at; });
    const bool ended = next != ends.end() && next->at <= due;
    Fate fate;
    if (ended && next->end == LifeEnd::failed) fate.failed_at = next->at;
    if (due > watched.history_to || (ended && !fate.failed_at)) {
        fate.fate = TicketFate::censored;
    } else if (fate.failed_at) {
        fate.fate = TicketFate::right;
    } else if (due > watched.device_to) {
        fate.fate = TicketFate::censored;
    }
    return fate;
}

}  // namespace aftercare::collector
