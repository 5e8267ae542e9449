// What a live run reports at its end: records made and acknowledged, what people did, and the
// tickets against ground truth.
#pragma once

#include <string>
#include <vector>

#include "collector/core/learn/score.hpp"
#include "collector/core/model/ticket.hpp"
#include "common/result.hpp"
#include "common/scaled_clock.hpp"
#include "firmware_sim/io/desk_client.hpp"
#include "firmware_sim/io/live_fleet.hpp"

namespace aftercare::sim {

struct LiveSummary {
    std::uint64_t seed = 0;
    double speed = 1;
    double real_s = 0;  ///< from the first virtual hour to the last ack
    FleetTotals fleet;
    DeskStatistics desk;
    ServiceCentre::Statistics centre;
    collector::Score score;
    /// Event time of the first symptom to the opening of the ticket, median, virtual hours.
    std::optional<double> median_reaction_h;
};

/// Median of opened_at − detected_at over predicted tickets, in hours.
std::optional<double> median_reaction_h(const std::vector<collector::Ticket>& tickets);

std::string summary_text(const LiveSummary& summary);
/// One JSON object in one line.
std::string summary_json(const LiveSummary& summary);

/// One JSON object per device: {"device_id", "stream_id", "made": [urgent, bulk], "dropped"}.
/// Errors: unavailable, naming the file.
Status write_ledger(const std::string& file, const LiveFleet& fleet);

}  // namespace aftercare::sim
