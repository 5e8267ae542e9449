#include "collector/core/learn/rank/ranking.hpp"

#include <algorithm>

namespace aftercare::collector {
namespace {

/// Mid-rank of each device's chance within its model. `ranked` is sorted, highest first.
void add_cohort_percentiles(const DayTable& table, std::vector<RankedDevice>& ranked) {
    std::vector<std::vector<std::size_t>> models(table.models.size());
    for (std::size_t i = ranked.size(); i-- > 0;) {
        models[table.devices[table.rows[ranked[i].row].device].model].push_back(i);
    }
    for (const auto& members : models) {
        for (std::size_t place = 0; place < members.size(); ++place) {
            ranked[members[place]].cohort_percentile =
                (static_cast<double>(place) + 0.5) / static_cast<double>(members.size());
        }
    }
}

}  // namespace

std::vector<RankedDevice> rank_day(const DayTable& table, const Hazard& hazard, std::int32_t day,
                                   double share) {
    std::vector<RankedDevice> ranked;
    for (std::uint32_t row = 0; row < table.rows.size(); ++row) {
        if (table.rows[row].day == day) ranked.push_back({row, hazard.chance(table, row), 0, {}});
    }
    std::sort(ranked.begin(), ranked.end(), [](const RankedDevice& a, const RankedDevice& b) {
        return a.chance != b.chance ? a.chance > b.chance : a.row < b.row;
    });
    add_cohort_percentiles(table, ranked);
    const auto paid = static_cast<std::size_t>(share * static_cast<double>(ranked.size()));
    ranked.resize(std::min(ranked.size(), std::max<std::size_t>(1, paid)));
    for (RankedDevice& device : ranked) {
        device.reasons = hazard.reasons(table, device.row, kReasonsMax);
    }
    return ranked;
}

}  // namespace aftercare::collector
