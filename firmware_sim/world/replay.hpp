// A recorded fleet through the real product on virtual time: one agent per device with a synced
// clock, outcomes submitted when they happened. What really failed only scores the run.
#pragma once

#include "collector/io/trace/trace.hpp"
#include "firmware_sim/world/run.hpp"

namespace aftercare::sim {

struct ReplayOptions {
    std::string tenant = "demo";
    milliseconds horizon = hours_ms(48);  ///< a ticket is right within it
    milliseconds warm_up = hours_ms(48);
    std::vector<Expectation> expect;
};

/// Errors: invalid (rules that do not fit the catalogue, a name of the trace that the catalogue
/// lacks, a trace without telemetry), those of the store.
Result<RunSummary> replay_trace(const collector::Trace& trace,
                                const collector::Catalogue& catalogue,
                                const collector::RulePack& rules, const ReplayOptions& replay,
                                const RunOptions& options);

}  // namespace aftercare::sim
