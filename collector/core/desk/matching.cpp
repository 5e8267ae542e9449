#include "collector/core/desk/matching.hpp"

#include <algorithm>
#include <cmath>

namespace aftercare::collector {
namespace {

constexpr double kSameMode = 0.95;
constexpr double kSameComponent = 0.80;
constexpr double kOnlyOne = 0.50;

bool is_candidate(const Case& one, WallTime at) {
    const Ticket& ticket = one.ticket;
    if (!in_time(at, ticket.detected_at, ticket.opened_at, ended_at(ticket))) return false;
    return is_open(ticket.state) || (!ticket.outcome && ticket.state != TicketState::merged);
}

bool names_nothing(const Outcome& outcome) {
    if (outcome.component.empty() && outcome.failure_mode.empty()) return true;
    return outcome.code == OutcomeCode::no_fault_found ||
           outcome.code == OutcomeCode::other_fault_fixed ||
           outcome.code == OutcomeCode::customer_declined;
}

struct What {
    double score = 0;
    std::string reason;
};

What what_fits(const Outcome& outcome, const Ticket& ticket, std::size_t open_count) {
    if (!outcome.failure_mode.empty() && outcome.failure_mode == ticket.failure_mode) {
        return {kSameMode, "same failure mode " + ticket.failure_mode};
    }
    if (!outcome.component.empty() && outcome.component == ticket.component) {
        return {kSameComponent, "same component " + ticket.component};
    }
    if (names_nothing(outcome) && open_count == 1 && is_open(ticket.state)) {
        return {kOnlyOne, "the only open ticket of the device"};
    }
    return {};
}

}  // namespace

bool in_time(WallTime at, WallTime detected_at, WallTime opened_at, WallTime ended_at) {
    return at + kBeforeMax >= std::min(detected_at, opened_at) && at <= ended_at;
}

Match match_outcome(const Outcome& outcome, const std::vector<Case*>& of_device,
                    milliseconds match_window) {
    const auto open_count = static_cast<std::size_t>(
        std::count_if(of_device.begin(), of_device.end(),
                      [](const Case* one) { return is_open(one->ticket.state); }));
    Match best;
    for (Case* one : of_device) {
        const Ticket& ticket = one->ticket;
        if (!is_candidate(*one, outcome.at)) continue;
        const What what = what_fits(outcome, ticket, open_count);
        if (what.score <= 0) continue;
        const double hours = std::max(0.0, as_hours(outcome.at - ticket.opened_at));
        const double share = std::min(1.0, hours / std::max(as_hours(match_window), 1e-9));
        const double score = what.score * (1 - 0.5 * share);
        const bool better = best.ticket == nullptr || score > best.score ||
                            (score == best.score && is_younger(ticket, best.ticket->ticket));
        if (!better) continue;
        best = {one, score,
                what.reason + ", " + std::to_string(std::lround(hours)) + " h after opening"};
    }
    return best;
}

}  // namespace aftercare::collector
