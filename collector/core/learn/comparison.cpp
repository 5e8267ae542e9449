#include "collector/core/learn/comparison.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <set>
#include <tuple>

namespace aftercare::collector {
namespace {

constexpr double kDaysPerMonth = 365.25 / 12;

WallTime failure_time(const HistoryOutcome& outcome) {
    return std::min(outcome.failed_at.value_or(outcome.at), outcome.at);
}

std::vector<PartEnd> ends_of(const DeviceHistory& history, const std::string& component) {
    std::vector<PartEnd> ends;
    for (const HistoryOutcome& outcome : history.outcomes) {
        const LifeEnd end = life_end(outcome.code);
        if (outcome.component == component && end != LifeEnd::untouched) {
            ends.push_back({failure_time(outcome), end});
        }
    }
    sort_by_time(ends);
    return ends;
}

Fate fate_of(const DeviceHistory& history, const Ticket& ticket) {
    return collector::fate_of(ticket.opened_at, hours_ms(ticket.horizon_h),
                              ends_of(history, ticket.component),
                              {history.end, history.history_end});
}

/// How long a ticket speaks: to its repair, or to its horizon.
WallTime speaks_until(const Ticket& ticket) {
    const WallTime due = ticket.opened_at + hours_ms(ticket.horizon_h);
    return ticket.resolved_at ? std::min(*ticket.resolved_at, due) : due;
}

bool alike(const JudgedTicket& a, const JudgedTicket& b) {
    const Ticket &one = a.made.ticket, &other = b.made.ticket;
    return one.component == other.component && one.opened_at <= speaks_until(other) &&
           other.opened_at <= speaks_until(one);
}

}  // namespace

void TicketCounts::add(TicketFate fate) {
    ++(fate == TicketFate::right ? right : fate == TicketFate::wrong ? wrong : undecided);
}

std::optional<double> PackFigures::precision() const {
    return ratio_of(tickets.right, tickets.right + tickets.wrong);
}
std::optional<double> PackFigures::recall() const {
    return ratio_of(found, failures);
}
std::optional<double> PackFigures::f1() const {
    const auto p = precision(), r = recall();
    if (!p || !r) return std::nullopt;
    return f1_of(*p, *r);
}
std::optional<Interval> PackFigures::precision_interval() const {
    return ratio_interval(tickets.right, tickets.right + tickets.wrong);
}
std::optional<Interval> PackFigures::recall_interval() const {
    return ratio_interval(found, failures);
}
std::optional<double> PackFigures::load() const {
    if (device_days <= 0) return std::nullopt;
    return static_cast<double>(tickets.all()) / (device_days / kDaysPerMonth / 1000);
}
std::optional<Interval> PackFigures::load_interval() const {
    return poisson_interval(static_cast<double>(tickets.all()), device_days / kDaysPerMonth / 1000);
}
std::optional<double> PackFigures::median_lead_h() const {
    std::vector<double> values = leads_h;
    const auto summary = summarise(values);
    if (!summary) return std::nullopt;
    return summary->median;
}
std::optional<Interval> PackFigures::median_lead_interval() const {
    return median_interval(leads_h);
}

std::optional<Interval> median_interval(std::vector<double> values) {
    const boost::math::binomial_distribution<> ranks(static_cast<double>(values.size()), 0.5);
    std::size_t low = 0;
    while (low < values.size() && boost::math::cdf(ranks, static_cast<double>(low)) <= 0.025) ++low;
    if (low == 0) return std::nullopt;
    std::sort(values.begin(), values.end());
    return Interval{values[low - 1], values[values.size() - low]};
}

DeviceJudgement judge(const DeviceHistory& history, std::vector<BacktestTicket> tickets,
                      const JudgeSpan& span) {
    DeviceJudgement result;
    const WallTime from = std::max(span.from, history.begin);
    const WallTime to = std::min(span.to, history.end);
    result.days = std::max(0.0, as_hours(to - from) / 24);
    std::set<std::pair<std::string, WallTime>> announced;
    for (BacktestTicket& made : tickets) {
        const Fate fate = fate_of(history, made.ticket);
        if (fate.failed_at) announced.emplace(made.ticket.component, *fate.failed_at);
        if (made.ticket.opened_at < from || made.ticket.opened_at >= span.to) continue;
        JudgedTicket judged{.fate = fate.fate};
        if (fate.fate == TicketFate::right) {
            judged.lead_h = as_hours(*fate.failed_at - made.ticket.opened_at);
        }
        judged.made = std::move(made);
        result.tickets.push_back(std::move(judged));
    }
    for (const HistoryOutcome& outcome : history.outcomes) {
        if (outcome.component.empty() || life_end(outcome.code) != LifeEnd::failed) continue;
        const WallTime at = failure_time(outcome);
        if (!could_be_announced(at, history.begin, span.warm_up) || at < from || at > history.end ||
            at >= span.to) {
            continue;
        }
        ++result.failures;
        if (announced.contains({outcome.component, at})) result.found.push_back(at);
    }
    return result;
}

void add(const DeviceJudgement& device, PackFigures& figures) {
    for (const JudgedTicket& ticket : device.tickets) {
        figures.tickets.add(ticket.fate);
        figures.by_rule[ticket.made.ticket.rule].add(ticket.fate);
        if (ticket.lead_h) figures.leads_h.push_back(*ticket.lead_h);
    }
    figures.failures += device.failures;
    figures.found += device.found.size();
    figures.device_days += device.days;
}

void merge(const PackFigures& part, PackFigures& whole) {
    const auto sum = [](const TicketCounts& from, TicketCounts& to) {
        to.right += from.right;
        to.wrong += from.wrong;
        to.undecided += from.undecided;
    };
    sum(part.tickets, whole.tickets);
    for (const auto& [rule, counts] : part.by_rule) sum(counts, whole.by_rule[rule]);
    whole.failures += part.failures;
    whole.found += part.found;
    whole.device_days += part.device_days;
    whole.leads_h.insert(whole.leads_h.end(), part.leads_h.begin(), part.leads_h.end());
}

void Comparison::add(const DeviceHistory& history) {
    ++devices_;
    std::array<DeviceJudgement, 2> of;
    for (const Pack which : {kNew, kOld}) {
        if (detectors_[which] == nullptr) continue;
        of[which] = judge(history, backtest(history, *detectors_[which], opening_), span_);
        collector::add(of[which], figures_[which]);
    }
    if (detectors_[kOld] == nullptr) return;
    for (const Pack which : {kNew, kOld}) {
        const auto& theirs = of[1 - which].found;
        for (const WallTime at : of[which].found) {
            if (std::find(theirs.begin(), theirs.end(), at) == theirs.end())
                ++found_only_by_[which];
        }
    }
    note_differing(of[kNew].tickets, of[kOld].tickets);
}

void Comparison::note_differing(std::vector<JudgedTicket>& fresh,
                                std::vector<JudgedTicket>& known) {
    const auto note = [&](bool in_new, JudgedTicket& ticket) {
        ++differing_count_;
        if (differing_.size() < kDifferingTicketsMax) {
            differing_.push_back({in_new, std::move(ticket)});
        }
    };
    std::vector<bool> paired(known.size(), false);
    for (JudgedTicket& ticket : fresh) {
        bool alone = true;
        for (std::size_t i = 0; i < known.size() && alone; ++i) {
            if (paired[i] || !alike(ticket, known[i])) continue;
            paired[i] = true;
            alone = false;
        }
        if (alone) note(true, ticket);
    }
    for (std::size_t i = 0; i < known.size(); ++i) {
        if (!paired[i]) note(false, known[i]);
    }
}

}  // namespace aftercare::collector
