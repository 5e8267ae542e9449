#include "collector/core/learn/score.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "collector/core/kpi/statistics.hpp"

namespace aftercare::collector {
namespace {

using FailureIndex = std::map<std::pair<std::string, std::string>, std::vector<std::size_t>>;

FailureIndex index_by_part(std::span<const TrueFailure> failures) {
    FailureIndex index;
    for (std::size_t i = 0; i < failures.size(); ++i) {
        index[{failures[i].device_id, failures[i].component}].push_back(i);
    }
    return index;
}

/// The next failure of the ticket's component within the horizon; failures.size() when there is
/// none.
std::size_t next_failure(const Ticket& ticket, const FailureIndex& index,
                         std::span<const TrueFailure> failures, milliseconds horizon) {
    const auto of_part = index.find({ticket.device_id, ticket.component});
    std::size_t best = failures.size();
    if (of_part == index.end()) return best;
    for (const std::size_t i : of_part->second) {
        const auto ahead = failures[i].at - ticket.opened_at;
        if (ahead <= milliseconds{0} || ahead > horizon) continue;
        if (best == failures.size() || failures[i].at < failures[best].at) best = i;
    }
    return best;
}

}  // namespace

double f1_of(double precision, double recall) {
    return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
}

Score score(std::span<const Ticket> tickets, std::span<const TrueFailure> failures,
            const ScoreOptions& options) {
    Score result;
    const FailureIndex index = index_by_part(failures);
    std::vector<const Ticket*> ordered;
    for (const auto& ticket : tickets) {
        if (ticket.origin == Origin::predicted) ordered.push_back(&ticket);
    }
    std::sort(ordered.begin(), ordered.end(), [](const auto* a, const auto* b) {
        return std::tie(a->opened_at, a->id) < std::tie(b->opened_at, b->id);
    });
    std::set<std::size_t> found;
    std::vector<double> leads_h;
    for (const auto* ticket : ordered) {
        const milliseconds horizon =
            options.horizon > milliseconds{0} ? options.horizon : hours_ms(ticket->horizon_h);
        const std::size_t hit = next_failure(*ticket, index, failures, horizon);
        if (hit == failures.size()) continue;
        ++result.right;
        leads_h.push_back(as_hours(failures[hit].at - ticket->opened_at));
        found.insert(hit);
    }
    for (std::size_t i = 0; i < failures.size(); ++i) {
        const bool due =
            failures[i].at - options.begin > options.warm_up && failures[i].at <= options.end;
        if (due || found.count(i) > 0) ++result.failures;
    }
    result.tickets = ordered.size();
    result.found = found.size();
    result.precision = ratio_of(result.right, result.tickets);
    result.recall = ratio_of(result.found, result.failures);
    if (result.precision && result.recall) {
        result.f1 = f1_of(*result.precision, *result.recall);
    }
    std::sort(leads_h.begin(), leads_h.end());
    if (!leads_h.empty()) result.median_lead_h = leads_h[leads_h.size() / 2];
    return result;
}

}  // namespace aftercare::collector
