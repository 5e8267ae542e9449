// A rule pack over a history, with the detection code that ships and the simplest desk: one open
// ticket per device and failure mode, closed by that component's outcome, or lapsed when its
// horizon has passed and the evidence is gone.
#pragma once

#include <vector>

#include "collector/core/detect/detector.hpp"
#include "collector/core/learn/fleet.hpp"
#include "collector/core/learn/score.hpp"

namespace aftercare::collector {

struct BacktestTicket {
    Ticket ticket;  ///< predicted; device_id, component, rule, times, probability
    std::uint32_t rule_index = 0;
    std::uint32_t device = 0;  ///< index into the fleet
};

/// Rules that are shelved are left out; shadow ones count as live. Outcomes that lie before a
/// device's telemetry set the life of its parts. Names are resolved by `catalogue`; a fault or
/// metric it does not know is left out.
std::vector<BacktestTicket> backtest(const Fleet& fleet, const Catalogue& catalogue,
                                     const Detector& detector);

/// What failed, as far as outcomes tell.
std::vector<TrueFailure> failures_of(const Fleet& fleet);

}  // namespace aftercare::collector
