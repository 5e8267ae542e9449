// Section 3: how fast and how well are tickets solved?
#include <algorithm>

#include "collector/core/kpi/sections.hpp"

namespace aftercare::collector {
namespace {

constexpr milliseconds kTick{1};  // makes an exclusive bound inclusive

struct Times {
    explicit Times(const KpiOptions& options)
        : resolution_elapsed("resolution_time_elapsed", options),
          resolution_working("resolution_time_working", options),
          response_elapsed("first_response_time_elapsed", options),
          response_working("first_response_time_working", options),
          within_target("first_response_within_target", options),
          rate("resolution_rate", options),
          cohort("resolution_rate_cohort", options) {}

    Figure resolution_elapsed, resolution_working, response_elapsed, response_working;
    Figure within_target, rate, cohort;
};

void add_response(const Inquiry& q, RowNo row, Times& times) {
    const Ticket& ticket = q.index.rows.tickets[row];
    if (!q.in_period(ticket.contacted_at)) {
        if (!q.known(ticket.contacted_at) && q.in_period(ticket.opened_at)) {
            times.response_elapsed.add_pending();
            times.response_working.add_pending();
        }
        return;
    }
    const WallTime contacted_at = *ticket.contacted_at;
    times.response_elapsed.add_duration(ticket.id, as_hours(contacted_at - ticket.opened_at));
    times.response_working.add_duration(
        ticket.id, as_hours(working_span(q.index.timeline(row), q.options.calendar,
                                         ticket.opened_at, contacted_at)));
    if (ticket.sla.first_response.due_at) {
        times.within_target.add(ticket.id, contacted_at <= *ticket.sla.first_response.due_at);
    }
}

void add_resolution_times(const Inquiry& q, RowNo row, Times& times) {
    const Ticket& ticket = q.index.rows.tickets[row];
    const Timeline timeline = q.index.timeline(row);
    if (q.in_period(ticket.opened_at)) {
        times.rate.add_denominator(ticket.id);
        times.cohort.add(ticket.id, standing_resolution(timeline, q.now).has_value());
    }
    const auto resolved_at = standing_resolution(timeline, q.to);
    if (!q.in_period(resolved_at)) return;
    times.rate.add_numerator(ticket.id);
    times.resolution_elapsed.add_duration(ticket.id, as_hours(*resolved_at - ticket.opened_at));
    times.resolution_working.add_duration(
        ticket.id,
        as_hours(working_span(timeline, q.options.calendar, ticket.opened_at, *resolved_at)));
}

std::uint32_t visit_count(const Inquiry& q, RowNo row) {
    std::uint32_t visits = 0;
    for (const RowNo outcome : q.index.outcomes_by_ticket.of(row)) {
        if (q.index.rows.outcomes[outcome].at < q.now) {
            visits += q.index.rows.outcomes[outcome].visit_count;
        }
    }
    return std::max(visits, q.index.rows.tickets[row].visit_count);
}

/// An attempt that nobody answered, or that was not made, is no interaction with the customer.
bool took_place(const Contact& contact) {
    return contact.result != "no_answer" && contact.result.rfind("suppressed", 0) != 0;
}

std::uint32_t contact_count(const Inquiry& q, RowNo row, WallTime until) {
    const auto contacts = q.index.contacts_by_ticket.of(row);
    if (contacts.empty()) return q.index.rows.tickets[row].contact_count;
    return static_cast<std::uint32_t>(
        std::count_if(contacts.begin(), contacts.end(), [&](RowNo contact) {
            return q.index.rows.contacts[contact].at <= until &&
                   took_place(q.index.rows.contacts[contact]);
        }));
}

bool beyond_control(const Inquiry& q, RowNo row) {
    if (q.index.rows.tickets[row].not_solvable_at_first_contact) return true;
    const auto outcomes = q.index.outcomes_by_ticket.of(row);
    return std::any_of(outcomes.begin(), outcomes.end(), [&](RowNo outcome) {
        return q.index.rows.outcomes[outcome].not_solvable_at_first_contact &&
               q.index.rows.outcomes[outcome].at < q.now;
    });
}

enum class Target { met, missed, void_target };

Target first_response_target(const Inquiry& q, RowNo row) {
    const Ticket& ticket = q.index.rows.tickets[row];
    const WallTime due_at = *ticket.sla.first_response.due_at;
    if (ticket.contacted_at && *ticket.contacted_at <= due_at) return Target::met;
    // Ended before anybody had to answer: there was nothing left to respond to.
    const bool open_when_due = is_open(state_before(q.index.timeline(row), due_at + kTick));
    return open_when_due ? Target::missed : Target::void_target;
}

Target resolution_target(const Inquiry& q, RowNo row) {
    const WallTime due_at = *q.index.rows.tickets[row].sla.resolution.due_at;
    const TicketState state = state_before(q.index.timeline(row), due_at + kTick);
    if (is_resolved(state)) return Target::met;
    return is_open(state) ? Target::missed : Target::void_target;
}

void add_target(Figure& figure, const std::string& id, Target target) {
    if (target != Target::void_target) figure.add(id, target == Target::met);
}

}  // namespace

void add_resolution(const Inquiry& q, std::vector<Kpi>& board) {
    Times times(q.options);
    for (RowNo row = 0; row < q.index.rows.tickets.size(); ++row) {
        if (!q.cut.keeps(q.index.rows.tickets[row])) continue;
        add_resolution_times(q, row, times);
        add_response(q, row, times);
    }
    board.push_back(times.resolution_elapsed.duration());
    board.push_back(times.resolution_working.duration());
    board.push_back(times.response_elapsed.duration());
    board.push_back(times.response_working.duration());
    board.push_back(times.within_target.share());
    board.push_back(times.rate.ratio());
    board.push_back(times.cohort.share());
}

void add_first_contact(const Inquiry& q, std::vector<Kpi>& board) {
    Figure gross("fcr_gross", q.options);
    Figure net("fcr_net", q.options);
    for (RowNo row = 0; row < q.index.rows.tickets.size(); ++row) {
        const Ticket& ticket = q.index.rows.tickets[row];
        if (!q.cut.keeps(ticket)) continue;
        const Timeline timeline = q.index.timeline(row);
        const auto resolved_at = standing_resolution(timeline, q.to);
        if (!q.in_period(resolved_at)) continue;
        const bool first = contact_count(q, row, *resolved_at) == 1 && visit_count(q, row) == 0 &&
                           !reopening(timeline, WallTime::min(), q.to, q.to).reopened;
        gross.add(ticket.id, first);
        if (first || !beyond_control(q, row)) net.add(ticket.id, first);
    }
    board.push_back(gross.share());
    board.push_back(net.share());
}

void add_sla(const Inquiry& q, std::vector<Kpi>& board) {
    Figure response("sla_first_response", q.options);
    Figure resolution("sla_resolution", q.options);
    Figure reopened("reopen_rate", q.options);
    for (RowNo row = 0; row < q.index.rows.tickets.size(); ++row) {
        const Ticket& ticket = q.index.rows.tickets[row];
        if (!q.cut.keeps(ticket)) continue;
        if (q.in_period(ticket.sla.first_response.due_at)) {
            add_target(response, ticket.id, first_response_target(q, row));
        }
        if (q.in_period(ticket.sla.resolution.due_at)) {
            add_target(resolution, ticket.id, resolution_target(q, row));
        }
        const Reopening answer = reopening(q.index.timeline(row), q.from, q.to, q.now);
        if (answer.resolved) reopened.add(ticket.id, answer.reopened);
    }
    board.push_back(response.share());
    board.push_back(resolution.share());
    board.push_back(reopened.share());
}

}  // namespace aftercare::collector
