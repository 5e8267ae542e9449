#include "collector/core/learn/fit/tally.hpp"

#include <algorithm>
#include <boost/math/distributions/beta.hpp>
#include <cmath>

namespace aftercare::collector {
namespace {

class DeviceTrial {
  public:
    DeviceTrial(const FleetDevice& device, std::uint32_t number, std::uint32_t component,
                milliseconds horizon, TrialTally& tally)
        : device_(device), number_(number), horizon_(horizon), tally_(tally) {
        for (const FleetRepair& repair : device.repairs) {
            if (repair.component == component && repair.end != LifeEnd::untouched) {
                repairs_.push_back(repair);
                ends_.push_back({repair.at, repair.end});
            }
        }
        sort_by_time(ends_);
    }

    void run(const std::vector<Span>& episodes) {
        WallTime busy_until = WallTime::min();  // the last ticket is open until then
        for (const Span& episode : episodes) {
            if (episode.start < busy_until) {
                extend(episode, busy_until);
                continue;
            }
            if (has_failed_already(episode.start)) continue;
            busy_until = open(episode);
        }
        for (const FleetRepair& repair : repairs_) {
            if (repair.end != LifeEnd::failed || repair.at > device_.end ||
                !could_be_announced(repair.at, device_.begin, horizon_)) {
                continue;
            }
            const bool announced =
                std::find(announced_.begin(), announced_.end(), repair.at) != announced_.end();
            ++(announced ? tally_.found : tally_.missed);
        }
    }

  private:
    /// An open ticket whose evidence goes on does not lapse.
    void extend(const Span& episode, WallTime& busy_until) {
        TrialTicket& ticket = tally_.tickets.back();
        if (closed_by_repair_) return;
        const WallTime lapse = std::max(busy_until, episode.end);
        const auto repair = next_repair(ticket.opened);
        ticket.ended = repair != nullptr && repair->at <= lapse ? repair->at : lapse;
        closed_by_repair_ = ticket.ended != lapse;
        busy_until = ticket.ended;
    }

    WallTime open(const Span& episode) {
        TrialTicket ticket{number_, episode.start, std::max(episode.start + horizon_, episode.end)};
        const FleetRepair* repair = next_repair(ticket.opened);
        closed_by_repair_ = repair != nullptr && repair->at <= ticket.ended;
        if (closed_by_repair_) ticket.ended = repair->at;
        const Fate fate =
            fate_of(ticket.opened, horizon_, ends_, {device_.end, device_.history_end});
        ticket.fate = fate.fate;
        ticket.announced = fate.failed_at.has_value();
        if (fate.failed_at) announced_.push_back(*fate.failed_at);
        count(fate, ticket.opened);
        tally_.tickets.push_back(ticket);
        return ticket.ended;
    }

    void count(const Fate& fate, WallTime opened) {
        switch (fate.fate) {
            case TicketFate::right:
                ++tally_.right;
                tally_.leads_h.push_back(as_hours(*fate.failed_at - opened));
                break;
            case TicketFate::wrong:
                ++tally_.wrong;
                break;
            case TicketFate::censored:
                ++tally_.censored;
                break;
        }
    }

    /// Between failure and repair: that incident is the customer's call already.
    [[nodiscard]] bool has_failed_already(WallTime at) const {
        return std::any_of(repairs_.begin(), repairs_.end(), [&](const FleetRepair& repair) {
            return repair.end == LifeEnd::failed && repair.at <= at && at < repair.done_at;
        });
    }

    [[nodiscard]] const FleetRepair* next_repair(WallTime after) const {
        const auto next =
            std::upper_bound(repairs_.begin(), repairs_.end(), after,
                             [](WallTime at, const FleetRepair& r) { return at < r.at; });
        return next == repairs_.end() ? nullptr : &*next;
    }

    const FleetDevice& device_;
    std::uint32_t number_;
    milliseconds horizon_;
    TrialTally& tally_;
    std::vector<FleetRepair> repairs_;
    std::vector<PartEnd> ends_;
    std::vector<WallTime> announced_;  ///< failures
    bool closed_by_repair_ = false;
};

/// ln of the beta-binomial probability of one sequence with `hits` and `others`, prior (½, ½).
double log_beta_binomial(double hits, double others) {
    const auto log_beta = [](double a, double b) {
        return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b);
    };
    return log_beta(hits + 0.5, others + 0.5) - log_beta(0.5, 0.5);
}

}  // namespace

TrialTally tally(const Fleet& fleet, const Episodes& episodes, std::uint32_t component,
                 milliseconds horizon) {
    TrialTally result;
    for (std::uint32_t d = 0; d < fleet.devices.size(); ++d) {
        const FleetDevice& device = fleet.devices[d];
        DeviceTrial(device, d, component, horizon, result).run(episodes[d]);
        result.blocks += as_hours(device.end - device.begin) / as_hours(horizon);
    }
    std::sort(result.leads_h.begin(), result.leads_h.end());
    return result;
}

double evidence(const TrialTally& tally) {
    const double right = tally.right, wrong = tally.wrong, missed = tally.missed;
    const double quiet = std::max(0.0, tally.blocks - right - wrong - missed);
    const double factor = log_beta_binomial(right, wrong) + log_beta_binomial(missed, quiet) -
                          log_beta_binomial(right + missed, wrong + quiet);
    const bool better = right * (missed + quiet) > missed * (right + wrong);
    return better ? factor : -std::abs(factor);
}

Share share_of(double hits, double others) {
    const boost::math::beta_distribution<> posterior(hits + 0.5, others + 0.5);
    return {boost::math::mean(posterior), boost::math::quantile(posterior, 0.1),
            boost::math::quantile(posterior, 0.9)};
}

double f1_beyond_chance(const TrialTally& tally) {
    const Quality quality = quality_of(tally);
    const auto beyond = [&](double share, double count) {
        const double chance = std::min(1.0, count / std::max(1.0, tally.blocks));
        return chance < 1 ? std::max(0.0, (share - chance) / (1 - chance)) : 0.0;
    };
    return f1_of(beyond(quality.precision.mean, tally.failures()),
                 beyond(quality.recall.mean, tally.right + tally.wrong));
}

Quality quality_of(const TrialTally& tally) {
    Quality quality{share_of(tally.right, tally.wrong), share_of(tally.found, tally.missed), 0};
    quality.f1 = f1_of(quality.precision.mean, quality.recall.mean);
    return quality;
}

}  // namespace aftercare::collector
