#include "collector/core/learn/calibration/rule_report.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <unordered_map>

#include "collector/core/kpi/index.hpp"

namespace aftercare::collector {
namespace {

/// A prediction of either kind, as far as the report asks.
struct Prediction {
    std::size_t place = 0;  ///< of its rule's line
    WallTime opened_at{};
    Timeline timeline;                 ///< of a ticket
    std::optional<WallTime> ended_at;  ///< of a trial
    bool is_trial = false;
    RuleFigures* cut = nullptr;

    [[nodiscard]] bool open_before(WallTime at) const {
        if (opened_at >= at) return false;
        return is_trial ? !ended_at || *ended_at >= at : is_open(state_before(timeline, at));
    }
};

class Report {
  public:
    Report(const RulePack& pack, const KpiRows& rows, const std::vector<Trial>& trials,
           const std::vector<RuleStanding>& standings, const RuleSpans& spans, WallTime since)
        : pack_(pack),
          index_(rows),
          trials_(trials),
          standings_(standings),
          spans_(spans),
          since_(since) {}

    RuleReport make(const std::optional<Costs>& costs) {
        for (const Rule& rule : pack_.rules) line(rule_name(rule));
        for (RowNo row = 0; row < index_.rows.tickets.size(); ++row) add_ticket(row);
        for (const Trial& trial : trials_) add_trial(trial);
        for (RowNo row = 0; row < index_.rows.outcomes.size(); ++row) add_failure(row);
        for (RuleLine& one : lines_) finish(one, costs);
        RuleReport report{.changes = standings_,
                          .tickets = reliability_of(judged_tickets_),
                          .trials = reliability_of(judged_trials_)};
        std::stable_sort(report.changes.begin(), report.changes.end(),
                         [](const auto& a, const auto& b) { return a.at > b.at; });
        std::stable_sort(lines_.begin(), lines_.end(), [](const RuleLine& a, const RuleLine& b) {
            return a.in_force && !b.in_force;
        });
        report.rules = std::move(lines_);
        return report;
    }

  private:
    /// Made when first asked for. The place of a line never changes while the report is made.
    std::size_t line(const std::string& name) {
        const auto known = places_.find(name);
        if (known != places_.end()) return known->second;
        RuleLine fresh{.id = std::string{id_in_name(name)}};
        if (fresh.id.size() < name.size()) {
            std::from_chars(name.data() + fresh.id.size() + 1, name.data() + name.size(),
                            fresh.version);
        }
        if (const auto span = spans_.find(name); span != spans_.end()) fresh.covers = span->second;
        fresh.covers.from = std::max(fresh.covers.from, since_);
        describe(fresh);
        lines_.push_back(std::move(fresh));
        cuts_.emplace_back();
        places_.emplace(name, lines_.size() - 1);
        return lines_.size() - 1;
    }

    void describe(RuleLine& fresh) const {
        const auto rule = std::find_if(
            pack_.rules.begin(), pack_.rules.end(),
            [&](const Rule& one) { return one.id == fresh.id && one.version == fresh.version; });
        if (rule == pack_.rules.end()) return;
        fresh.in_force = true;
        fresh.title = rule->title;
        fresh.component = rule->component;
        fresh.failure_mode = rule->failure_mode;
        fresh.mode = rule->mode;
        fresh.pack_probability = rule->probability;
        fresh.precision_floor = rule->precision_floor;
        fresh.decided_min = rule->decided_min;
        for (const RuleStanding& set : standings_) {
            if (set.rule_id != fresh.id) continue;
            // Only the last one counts, and only for its version.
            fresh.standing.reset();
            fresh.mode = rule->mode;
            if (set.version != fresh.version) continue;
            fresh.standing = set;
            fresh.mode = set.mode;
        }
    }

    RuleFigures& cut(std::size_t place, const std::string& model, const std::string& firmware) {
        return cuts_[place][{model, firmware}];
    }

    void add_ticket(RowNo row) {
        const Ticket& ticket = index_.rows.tickets[row];
        if (ticket.origin != Origin::predicted || ticket.opened_at < since_) return;
        const std::size_t place = line(ticket.rule);
        RuleFigures& figures = cut(place, ticket.model, ticket.firmware);
        ++figures.tickets;
        by_device_[ticket.device_no].push_back({.place = place,
                                                .opened_at = ticket.opened_at,
                                                .timeline = index_.timeline(row),
                                                .cut = &figures});
        const std::optional<bool> was_right = right(ticket.decision);
        if (!was_right) return;
        ++(*was_right ? figures.decided.right : figures.decided.wrong);
        ++figures.looked_at;
        if (ticket.decision == Decision::no_fault_found) ++figures.no_fault_found;
        if (*was_right && ticket.resolved_at &&
            (!ticket.failed_at || *ticket.failed_at > *ticket.resolved_at)) {
            ++figures.prevented;
        }
        judged_tickets_.push_back({ticket.probability, *was_right});
    }

    void add_trial(const Trial& trial) {
        if (trial.opened_at < since_) return;
        const std::size_t place = line(trial.rule);
        RuleFigures& figures = cut(place, trial.model, trial.firmware);
        ++figures.trials;
        by_device_[trial.device_no].push_back({.place = place,
                                               .opened_at = trial.opened_at,
                                               .ended_at = trial.ended_at,
                                               .is_trial = true,
                                               .cut = &figures});
        const std::optional<bool> was_right = right(trial.state);
        if (!was_right) return;
        ++(*was_right ? figures.decided.right : figures.decided.wrong);
        if (trial.state != TrialState::no_failure) ++figures.looked_at;
        if (trial.state == TrialState::no_fault_found) ++figures.no_fault_found;
        judged_trials_.push_back({trial.probability, *was_right});
    }

    /// A failure counts for every rule about it that was there, on the failed device's model and
    /// firmware, and as
    /// foreseen for those that had a prediction open just before.
    void add_failure(RowNo row) {
        const Outcome& outcome = index_.rows.outcomes[row];
        const std::optional<WallTime> failed_at = index_.failure_time(row);
        const DeviceInfo* device = index_.device(index_.outcome_device[row]);
        if (!failed_at || device == nullptr) return;
        const Ticket* ticket = index_.ticket_of(row);
        const std::string& component =
            outcome.component.empty() && ticket != nullptr ? ticket->component : outcome.component;
        const std::string& firmware = ticket == nullptr ? device->firmware : ticket->firmware;
        const auto about = [&](std::string_view its_component, std::string_view its_mode) {
            return its_component == component &&
                   (outcome.failure_mode.empty() || outcome.failure_mode == its_mode);
        };
        for (std::size_t place = 0; place < lines_.size(); ++place) {
            const RuleLine& one = lines_[place];
            if (!one.in_force || *failed_at < one.covers.from) continue;
            if (!about(one.component, one.failure_mode) || !is_for(one, device->model)) continue;
            const Prediction* seen = earliest_open(outcome.device_no, place, *failed_at);
            RuleFigures& figures =
                seen != nullptr ? *seen->cut : cut(place, device->model, firmware);
            ++figures.failures;
            if (seen == nullptr) continue;
            ++figures.foreseen;
            figures.leads_h.push_back(as_hours(*failed_at - seen->opened_at));
        }
    }

    [[nodiscard]] const Prediction* earliest_open(DeviceNo device_no, std::size_t place,
                                                  WallTime at) const {
        const auto found = by_device_.find(device_no);
        if (found == by_device_.end()) return nullptr;
        const Prediction* earliest = nullptr;
        for (const Prediction& one : found->second) {
            if (one.place != place || !one.open_before(at)) continue;
            if (earliest == nullptr || one.opened_at < earliest->opened_at) earliest = &one;
        }
        return earliest;
    }

    [[nodiscard]] bool is_for(const RuleLine& one, const std::string& model) const {
        for (const Rule& rule : pack_.rules) {
            if (rule.id != one.id || rule.version != one.version) continue;
            return rule.models.empty() ||
                   std::find(rule.models.begin(), rule.models.end(), model) != rule.models.end();
        }
        return false;
    }

    static void add_up(const RuleFigures& from, RuleFigures& to) {
        to.tickets += from.tickets;
        to.trials += from.trials;
        to.decided.right += from.decided.right;
        to.decided.wrong += from.decided.wrong;
        to.no_fault_found += from.no_fault_found;
        to.looked_at += from.looked_at;
        to.failures += from.failures;
        to.foreseen += from.foreseen;
        to.prevented += from.prevented;
        to.leads_h.insert(to.leads_h.end(), from.leads_h.begin(), from.leads_h.end());
    }

    static void settle(RuleFigures& figures, const std::optional<Costs>& costs) {
        std::sort(figures.leads_h.begin(), figures.leads_h.end());
        if (!costs || figures.tickets == 0) return;
        figures.cost_saved =
            static_cast<double>(figures.prevented) * (costs->unplanned_failure - costs->visit) -
            static_cast<double>(figures.no_fault_found) * costs->no_fault_found;
    }

    void finish(RuleLine& one, const std::optional<Costs>& costs) {
        const auto place = static_cast<std::size_t>(&one - lines_.data());
        RuleTallies tallies;
        const std::string name = rule_name(one.id, one.version);
        for (auto& [key, figures] : cuts_[place]) tallies.add({name, key.first, figures.decided});
        for (auto& [key, figures] : cuts_[place]) {
            add_up(figures, one.total);
            settle(figures, costs);
            one.cuts.push_back(
                {.model = key.first,
                 .firmware = key.second,
                 .probability = tallies.probability(name, key.first, one.pack_probability),
                 .figures = std::move(figures)});
        }
        settle(one.total, costs);
    }

    const RulePack& pack_;
    const KpiIndex index_;
    const std::vector<Trial>& trials_;
    const std::vector<RuleStanding>& standings_;
    const RuleSpans& spans_;
    const WallTime since_;
    std::vector<RuleLine> lines_;
    /// By (model, firmware); maps, because predictions point into them.
    std::vector<std::map<std::pair<std::string, std::string>, RuleFigures>> cuts_;
    std::unordered_map<std::string, std::size_t> places_;
    std::unordered_map<DeviceNo, std::vector<Prediction>> by_device_;
    std::vector<Judged> judged_tickets_, judged_trials_;
};

}  // namespace

std::optional<double> RuleFigures::precision() const {
    return ratio_of(decided.right, decided.decided());
}
std::optional<Interval> RuleFigures::precision_interval() const {
    return ratio_interval(decided.right, decided.decided());
}
std::optional<double> RuleFigures::recall_share() const {
    return ratio_of(foreseen, failures);
}
std::optional<Interval> RuleFigures::recall_interval() const {
    return ratio_interval(foreseen, failures);
}
std::optional<double> RuleFigures::no_fault_found_rate() const {
    return ratio_of(no_fault_found, looked_at);
}
std::optional<double> RuleFigures::median_lead_h() const {
    std::vector<double> values = leads_h;
    const auto summary = summarise(values);
    return summary ? std::optional{summary->median} : std::nullopt;
}

RuleReport rule_report(const RulePack& pack, const KpiRows& rows, const std::vector<Trial>& trials,
                       const std::vector<RuleStanding>& standings,
                       const std::optional<Costs>& costs, const RuleSpans& spans, WallTime since) {
    return Report(pack, rows, trials, standings, spans, since).make(costs);
}

}  // namespace aftercare::collector
