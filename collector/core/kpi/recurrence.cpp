// Section 2: do repairs last?
#include "collector/core/kpi/recurrence.hpp"

#include <algorithm>
#include <unordered_map>

#include "collector/core/kpi/sections.hpp"

namespace aftercare::collector {
namespace {

constexpr milliseconds kDay{86'400'000};
constexpr int kFirstTimeFixDays = 30;

/// Seen from the end of time backwards: the next moment, and the next different one.
struct Upcoming {
    WallTime next = WallTime::max();
    WallTime later = WallTime::max();

    void push(WallTime at) {
        if (at != next) later = next;
        next = at;
    }
    [[nodiscard]] WallTime after(WallTime at) const { return next > at ? next : later; }
};

struct ComponentFuture {
    Upcoming repair;
    Upcoming replacement;
};

void look_ahead(const KpiIndex& index, std::span<const RowNo> outcomes, WallTime now,
                std::vector<NextEvents>& next) {
    std::unordered_map<RowNo, ComponentFuture> components;
    Upcoming repair;
    Upcoming unit;
    for (std::size_t i = outcomes.size(); i-- > 0;) {
        const RowNo row = outcomes[i];
        const Outcome& outcome = index.rows.outcomes[row];
        if (outcome.at >= now) continue;
        ComponentFuture& own = components[index.component_of_outcome(row)];
        next[row] = {repair.after(outcome.at), own.repair.after(outcome.at),
                     std::min(own.replacement.after(outcome.at), unit.after(outcome.at))};
        if (is_repair(outcome.code, outcome.visit_count)) {
            repair.push(outcome.at);
            own.repair.push(outcome.at);
        } else if (outcome.code == OutcomeCode::preventive_replacement) {
            own.replacement.push(outcome.at);
        } else if (outcome.code == OutcomeCode::unit_replaced) {
            unit.push(outcome.at);
        }
    }
}

void add_repair_recurrence(const Inquiry& q, const std::vector<NextEvents>& next, int days,
                           std::vector<Kpi>& board) {
    Figure device("repair_recurrence_device_{N}d", q.options, days);
    Figure component("repair_recurrence_component_{N}d", q.options, days);
    const std::vector<Outcome>& outcomes = q.index.rows.outcomes;
    for (RowNo row = 0; row < outcomes.size(); ++row) {
        if (!is_repair_row(q.index, row) || !q.in_period(outcomes[row].at) || !q.keeps_outcome(row))
            continue;
        const WallTime window_end = outcomes[row].at + days * kDay;
        if (window_end > q.now) {
            device.add_pending();
            component.add_pending();
            continue;
        }
        device.add(q.outcome_subject(row), next[row].repair < window_end);
        component.add(q.outcome_subject(row), next[row].component_repair < window_end);
    }
    board.push_back(device.share());
    board.push_back(component.share());
}

struct Resolution {
    RowNo device;
    WallTime at;
    RowNo ticket;
};

std::vector<Resolution> resolutions_by_device(const Inquiry& q) {
    std::vector<Resolution> resolutions;
    for (RowNo row = 0; row < q.index.rows.tickets.size(); ++row) {
        if (!q.cut.keeps(q.index.rows.tickets[row])) continue;
        each_resolution(q.index.timeline(row), q.to, [&](WallTime at) {
            if (at >= q.from) resolutions.push_back({q.index.ticket_device[row], at, row});
        });
    }
    std::stable_sort(resolutions.begin(), resolutions.end(),
                     [](const Resolution& a, const Resolution& b) {
                         return a.device != b.device ? a.device < b.device : a.at < b.at;
                     });
    return resolutions;
}

Kpi repeat_calls(const Inquiry& q, const std::vector<Resolution>& resolutions, int days) {
    Figure figure("repeat_service_calls_{N}d", q.options, days);
    for (std::size_t i = 0; i < resolutions.size();) {
        const RowNo device = resolutions[i].device;
        std::vector<WallTime> ends;  // of the device's elapsed resolutions, in order of time
        for (; i < resolutions.size() && resolutions[i].device == device; ++i) {
            if (resolutions[i].at + days * kDay > q.now) {
                figure.add_pending();
                continue;
            }
            ends.push_back(resolutions[i].at);
            figure.add_denominator(q.index.rows.tickets[resolutions[i].ticket].id);
        }
        std::size_t passed = 0;
        for (const RowNo row : q.index.inbound_by_device.of(device)) {
            const Contact& contact = q.index.rows.contacts[row];
            while (passed < ends.size() && ends[passed] < contact.at) ++passed;
            if (passed == 0 || contact.at >= ends[passed - 1] + days * kDay) continue;
            figure.add_numerator(contact.ticket_id.empty() ? contact.id : contact.ticket_id);
        }
    }
    return figure.events_per_occasion();
}

/// Fixed by one visit and left alone until `until`.
bool fixed_first_time(const Inquiry& q, RowNo ticket, const std::vector<NextEvents>& next,
                      WallTime until) {
    const Timeline timeline = q.index.timeline(ticket);
    if (reopening(timeline, WallTime::min(), until, until).reopened) return false;
    std::uint32_t visits = 0;
    for (const RowNo row : q.index.outcomes_by_ticket.of(ticket)) {
        const Outcome& outcome = q.index.rows.outcomes[row];
        if (outcome.at >= until) break;
        visits += outcome.visit_count;
        if (is_repair_row(q.index, row) && next[row].component_repair < until) return false;
    }
    return std::max(visits, q.index.rows.tickets[ticket].visit_count) == 1;
}

bool has_repair(const Inquiry& q, RowNo ticket) {
    const auto outcomes = q.index.outcomes_by_ticket.of(ticket);
    return std::any_of(outcomes.begin(), outcomes.end(), [&](RowNo row) {
        return is_repair_row(q.index, row) && q.index.rows.outcomes[row].at < q.now;
    });
}

Kpi first_time_fix(const Inquiry& q, const std::vector<NextEvents>& next) {
    Figure figure("first_time_fix_rate", q.options);
    for (RowNo row = 0; row < q.index.rows.tickets.size(); ++row) {
        const Ticket& ticket = q.index.rows.tickets[row];
        if (!has_repair(q, row) || !q.cut.keeps(ticket)) continue;
        const auto resolved_at = standing_resolution(q.index.timeline(row), q.to);
        if (!q.in_period(resolved_at)) continue;
        const WallTime until = *resolved_at + kFirstTimeFixDays * kDay;
        if (until > q.now) {
            figure.add_pending();
        } else {
            figure.add(ticket.id, fixed_first_time(q, row, next, until));
        }
    }
    return figure.share();
}

Kpi no_fault_found(const Inquiry& q) {
    Figure figure("no_fault_found_rate", q.options);
    const std::vector<Outcome>& outcomes = q.index.rows.outcomes;
    for (RowNo row = 0; row < outcomes.size(); ++row) {
        if (!q.in_period(outcomes[row].at) || !q.keeps_outcome(row)) continue;
        if (!physical_inspection(outcomes[row].code, outcomes[row].visit_count)) continue;
        figure.add(q.outcome_subject(row), outcomes[row].code == OutcomeCode::no_fault_found);
    }
    return figure.share();
}

Kpi days_between(const Inquiry& q, const std::vector<NextEvents>& next) {
    Figure figure("days_between_repairs", q.options);
    std::vector<Spell> spells;
    const std::vector<Outcome>& outcomes = q.index.rows.outcomes;
    for (RowNo row = 0; row < outcomes.size(); ++row) {
        if (!is_repair_row(q.index, row) || !q.in_period(outcomes[row].at) || !q.keeps_outcome(row))
            continue;
        const WallTime censored_at = std::min(next[row].replacement, q.now);
        const bool ended = next[row].component_repair <= censored_at;
        const WallTime end = ended ? next[row].component_repair : censored_at;
        spells.push_back({as_hours(end - outcomes[row].at) / 24, ended});
        figure.add(q.outcome_subject(row), ended);
    }
    return figure.survival(kaplan_meier(std::move(spells)));
}

}  // namespace

bool is_repair_row(const KpiIndex& index, RowNo outcome) {
    return is_repair(index.rows.outcomes[outcome].code, index.rows.outcomes[outcome].visit_count);
}

std::vector<NextEvents> next_events(const KpiIndex& index, WallTime now) {
    std::vector<NextEvents> next(index.rows.outcomes.size());
    for (RowNo device = 0; device < index.device_count; ++device) {
        look_ahead(index, index.outcomes_by_device.of(device), now, next);
    }
    return next;
}

void add_recurrence(const Inquiry& q, std::vector<Kpi>& board) {
    const std::vector<NextEvents> next = next_events(q.index, q.now);
    const std::vector<Resolution> resolutions = resolutions_by_device(q);
    std::vector<Kpi> device_flavour;
    std::vector<Kpi> component_flavour;
    for (const int days : q.options.recurrence_days) {
        std::vector<Kpi> both;
        add_repair_recurrence(q, next, days, both);
        device_flavour.push_back(std::move(both[0]));
        component_flavour.push_back(std::move(both[1]));
    }
    for (Kpi& kpi : device_flavour) board.push_back(std::move(kpi));
    for (Kpi& kpi : component_flavour) board.push_back(std::move(kpi));
    for (const int days : q.options.recurrence_days) {
        board.push_back(repeat_calls(q, resolutions, days));
    }
    board.push_back(first_time_fix(q, next));
    board.push_back(no_fault_found(q));
    board.push_back(days_between(q, next));
}

}  // namespace aftercare::collector
