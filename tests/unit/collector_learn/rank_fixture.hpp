// A made-up fleet whose failures follow a known law.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "collector/core/learn/history.hpp"
#include "common/rng.hpp"

namespace aftercare::collector {

inline WallTime at_day(double days) {
    return wall_from_unix_ms(1'600'000'000'000 / 86'400'000 * 86'400'000) + hours_ms(24 * days);
}

struct WearingFleet {
    std::uint32_t devices = 600;
    int days = 40;
    double base = 0.0015;     ///< chance of failing a day of a healthy device
    double factor = 20;       ///< how much more often with wear above zero
    double model_factor = 3;  ///< how much more often model "Bad B" fails
    double wearing = 0.2;     ///< share of the devices that begin to wear some day
};

/// The law: a device's chance of failing on the day after a reading.
inline double law(const WearingFleet& fleet, bool worn, bool bad) {
    return fleet.base * (worn ? fleet.factor : 1) * (bad ? fleet.model_factor : 1);
}

/// Metrics: "wear" (a twentieth of the devices begin to wear, then it rises), "noise" and "hours",
/// a clock. A failed device is gone.
inline History make_history(const WearingFleet& fleet, std::uint64_t seed) {
    Rng rng(seed);
    History history;
    history.name = "made";
    history.metrics = {"hours", "noise", "wear"};
    history.components = {"part"};
    for (std::uint32_t d = 0; d < fleet.devices; ++d) {
        const bool bad = d % 4 == 0;
        history.devices.push_back({.id = "d" + std::to_string(d),
                                   .model = bad          ? "Bad B"
                                            : d % 4 == 1 ? "Good 1"
                                                         : "Good 2"});
        const double wears_from = rng.chance(fleet.wearing) ? rng.uniform(0, fleet.days) : 1e9;
        const double hours = rng.uniform(100, 20'000);
        double wear = 0;
        for (int day = 0; day < fleet.days; ++day) {
            if (day > wears_from) wear += static_cast<double>(1 + rng.below(5));
            history.readings.push_back(
                {at_day(day + 0.1), d, static_cast<std::uint32_t>(history.readings.size())});
            for (const double value : {hours + 24 * day, rng.normal(20, 3), wear}) {
                history.values.push_back(static_cast<float>(value));
            }
            if (!rng.chance(law(fleet, wear > 0, bad))) continue;
            history.outcomes.push_back(
                {at_day(day + 1.5), d, "part", OutcomeCode::failure_repaired, {}});
            break;
        }
    }
    std::stable_sort(history.outcomes.begin(), history.outcomes.end(),
                     [](const auto& a, const auto& b) { return a.at < b.at; });
    return history;
}

}  // namespace aftercare::collector
