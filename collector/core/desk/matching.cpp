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

std::vector<Match> match_outcome(const Outcome& outcome, const std::vector<Case*>& of_device,
                                 milliseconds match_window) {
    const auto open_count = static_cast<std::size_t>(
        std::count_if(of_device.begin(), of_device.end(),
                      [](const Case* one) { return is_open(one->ticket.state); }));
    std::vector<Match> matches;
    for (Case* one : of_device) {
        const Ticket& ticket = one->ticket;
        if (!is_candidate(*one, outcome.at)) continue;
        What what = what_fits(outcome, ticket, open_count);
        if (what.score <= 0) continue;
        const double hours = std::max(0.0, as_hours(outcome.at - ticket.opened_at));
        const double share = std::min(1.0, hours / std::max(as_hours(match_window), 1e-9));
        matches.push_back(
            {one, what.score * (1 - 0.5 * share),
             what.reason + ", " + std::to_string(std::lround(hours)) + " h after opening"});
    }
    std::sort(matches.begin(), matches.end(), [](const Match& a, const Match& b) {
        return a.score != b.score ? a.score > b.score
                                  : is_younger(a.ticket->ticket, b.ticket->ticket);
    });
    if (matches.size() > kCandidatesMax) matches.resize(kCandidatesMax);
    return matches;
}

std::string doubt_about(const std::vector<Match>& matches) {
    const auto percent = [](double score) { return std::to_string(std::lround(score * 100)); };
    if (matches.front().score < kScoreFloor) {
        return "the best ticket scores " + percent(matches.front().score) + " %, below " +
               percent(kScoreFloor) + " %";
    }
    if (matches.size() < 2 || matches[0].score - matches[1].score >= kScoreMargin) return {};
    return "two tickets score " + percent(matches[0].score) + " % and " +
           percent(matches[1].score) + " %";
}

}  // namespace aftercare::collector
