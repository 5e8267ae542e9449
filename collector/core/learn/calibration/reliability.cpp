#include "collector/core/learn/calibration/reliability.hpp"

#include <algorithm>
#include <cmath>

namespace aftercare::collector {

std::optional<Reliability> reliability_of(std::span<const Judged> judged) {
    if (judged.empty()) return std::nullopt;
    Reliability table;
    std::uint64_t right = 0;
    for (const Judged& one : judged) {
        const auto place = static_cast<std::size_t>(one.probability * kReliabilityBins);
        ReliabilityBin& bin = table.bins[std::min(place, kReliabilityBins - 1)];
        ++bin.count;
        bin.right += one.right ? 1U : 0U;
        bin.mean_probability += one.probability;
        right += one.right ? 1U : 0U;
        const double miss = one.probability - (one.right ? 1 : 0);
        table.brier += miss * miss;
    }
    table.count = judged.size();
    const auto all = static_cast<double>(table.count);
    const double share = static_cast<double>(right) / all;
    for (ReliabilityBin& bin : table.bins) {
        if (bin.count == 0) continue;
        const auto members = static_cast<double>(bin.count);
        bin.mean_probability /= members;
        const double seen = static_cast<double>(bin.right) / members;
        const double gap = bin.mean_probability - seen;
        table.calibration_error += members * std::abs(gap) / all;
        table.reliability += members * gap * gap / all;
        table.resolution += members * (seen - share) * (seen - share) / all;
    }
    table.brier /= all;
    table.uncertainty = share * (1 - share);
    table.within = table.brier - (table.reliability - table.resolution + table.uncertainty);
    return table;
}

}  // namespace aftercare::collector
