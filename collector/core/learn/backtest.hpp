// A rule pack over a history, with the detection code that ships and the simplest desk: one open
// ticket per device and failure mode, closed by that component's outcome, or lapsed when its
// horizon has passed and the evidence is gone. Between a failure and its repair no ticket opens:
// that incident is the customer's call already.
#pragma once

#include <vector>

#include "collector/core/detect/detector.hpp"
#include "collector/core/learn/device_history.hpp"
#include "collector/core/learn/score.hpp"

namespace aftercare::collector {

struct BacktestTicket {
    Ticket ticket;  ///< predicted; device_id, component, rule, times, probability
    std::uint32_t rule_index = 0;
    std::uint32_t device = 0;  ///< index into the fleet
};

/// Which rules open tickets.
enum class Opening : std::uint8_t {
    as_live,     ///< all that are not shelved, as if they were live: how a pack is judged
    in_product,  ///< live rules whose action is a ticket, as the collector does
};

/// One device, by event time. Outcomes that lie before its telemetry set the life of its parts.
std::vector<BacktestTicket> backtest(const DeviceHistory& history, const Detector& detector,
                                     Opening opening = Opening::as_live);

/// Names are resolved by `catalogue`; a fault or metric it does not know is left out.
std::vector<BacktestTicket> backtest(const Fleet& fleet, const Catalogue& catalogue,
                                     const Detector& detector);

/// What failed, as far as outcomes tell.
std::vector<TrueFailure> failures_of(const Fleet& fleet);

}  // namespace aftercare::collector
