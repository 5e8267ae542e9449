#include "collector/core/learn/fit/validate.hpp"

#include <algorithm>

namespace aftercare::collector {
namespace {

/// What became of a ticket is not known: its part was renewed, or nobody watched to the end.
bool censored(const Fleet& fleet, const BacktestTicket& made) {
    const FleetDevice& device = fleet.devices[made.device];
    const WallTime opened = made.ticket.opened_at;
    const WallTime due = opened + hours_ms(made.ticket.horizon_h);
    bool renewed = false;
    for (const FleetRepair& repair : device.repairs) {
        if (fleet.components[repair.component] != made.ticket.component) continue;
        if (repair.at <= opened || repair.at > due) continue;
        if (repair.end == LifeEnd::failed) return false;
        renewed = renewed || repair.end == LifeEnd::renewed;
    }
    return renewed || due > device.end;
}

void add(const Score& part, Score& sum) {
    sum.tickets += part.tickets;
    sum.right += part.right;
    sum.failures += part.failures;
    sum.found += part.found;
}

/// One device at a time, for each was watched over its own time.
Score judge_device(const Fleet& one, const Catalogue& catalogue, const Detector& detector) {
    std::vector<Ticket> tickets;
    for (BacktestTicket& made : backtest(one, catalogue, detector)) {
        if (!censored(one, made)) tickets.push_back(std::move(made.ticket));
    }
    const std::vector<TrueFailure> failures = failures_of(one);
    return score(tickets, failures,
                 {.begin = one.devices.front().begin, .end = one.devices.front().end});
}

}  // namespace

Result<Validation> validate_by_devices(
    const Fleet& fleet, const Catalogue& catalogue, const FitOptions& options, std::uint32_t folds,
    const std::function<void(std::uint32_t, std::uint32_t)>& progress) {
    std::vector<std::size_t> judged;
    for (std::size_t d = 0; d < fleet.devices.size(); ++d) {
        if (!fleet.devices[d].readings.empty()) judged.push_back(d);
    }
    // A history without any reading is judged on its codes.
    if (judged.empty()) {
        for (std::size_t d = 0; d < fleet.devices.size(); ++d) judged.push_back(d);
    }
    Validation validation;
    validation.folds =
        static_cast<std::uint32_t>(std::min<std::size_t>(std::max(folds, 2U), judged.size()));
    for (std::uint32_t fold = 0; fold < validation.folds; ++fold) {
        std::vector<bool> learn(fleet.devices.size(), true);
        for (std::size_t i = fold; i < judged.size(); i += validation.folds) {
            learn[judged[i]] = false;
        }
        const Fit fit = fit_rules(subset(fleet, learn), options);
        const auto detector = Detector::create(fit.pack, catalogue);
        if (!detector) return fail(detector.error());
        for (std::size_t i = fold; i < judged.size(); i += validation.folds) {
            std::vector<bool> only(fleet.devices.size(), false);
            only[judged[i]] = true;
            add(judge_device(subset(fleet, only), catalogue, **detector), validation.score);
        }
        if (progress) progress(fold + 1, validation.folds);
    }
    Score& sum = validation.score;
    const auto right = static_cast<double>(sum.right), found = static_cast<double>(sum.found);
    validation.precision = share_of(right, static_cast<double>(sum.tickets) - right);
    validation.recall = share_of(found, static_cast<double>(sum.failures) - found);
    if (sum.tickets > 0) sum.precision = right / static_cast<double>(sum.tickets);
    if (sum.failures > 0) sum.recall = found / static_cast<double>(sum.failures);
    if (sum.precision && sum.recall) sum.f1 = f1_of(*sum.precision, *sum.recall);
    return validation;
}

}  // namespace aftercare::collector
