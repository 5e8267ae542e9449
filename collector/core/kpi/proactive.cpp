// Section 1: did we act before the customer had to call?
#include <algorithm>
#include <unordered_map>

#include "collector/core/kpi/sections.hpp"

namespace aftercare::collector {
namespace {

struct Failure {
    WallTime at;
    WallTime outcome_at;
};

/// The first failure that an outcome of this ticket confirms.
std::optional<Failure> confirmed_failure(const Inquiry& q, RowNo ticket) {
    for (const RowNo outcome : q.index.outcomes_by_ticket.of(ticket)) {
        const WallTime outcome_at = q.index.rows.outcomes[outcome].at;
        if (outcome_at >= q.now) break;
        if (const auto at = q.index.failure_time(outcome)) return Failure{*at, outcome_at};
    }
    return std::nullopt;
}

/// A predicted ticket about the outcome's component that was open just before the failure.
bool foreseen(const Inquiry& q, RowNo outcome, WallTime failed_at) {
    const RowNo component = q.index.component_of_outcome(outcome);
    for (const RowNo ticket : q.index.predicted_by_device.of(q.index.outcome_device[outcome])) {
        if (q.index.rows.tickets[ticket].opened_at >= failed_at) break;
        if (q.index.ticket_component[ticket] == component &&
            is_open(state_before(q.index.timeline(ticket), failed_at))) {
            return true;
        }
    }
    return false;
}

bool prevented(const Inquiry& q, RowNo ticket) {
    const auto resolved_at = standing_resolution(q.index.timeline(ticket), q.now);
    if (!resolved_at) return false;
    const std::optional<Failure> failure = confirmed_failure(q, ticket);
    if (failure) return failure->at > *resolved_at;
    const std::optional<WallTime>& failed_at = q.index.rows.tickets[ticket].failed_at;
    return !q.known(failed_at) || *failed_at > *resolved_at;
}

struct TicketFigures {
    explicit TicketFigures(const KpiOptions& options)
        : contact_rate("proactive_contact_rate", options),
          lead_time("proactive_lead_time", options),
          precision("prediction_precision", options),
          false_alarms("false_alarm_load", options),
          prevented_failures("prevented_failures", options),
          to_contact("detection_to_contact_time", options) {}

    Figure contact_rate, lead_time, precision, false_alarms, prevented_failures, to_contact;
};

void add_contact_figures(const Inquiry& q, RowNo row, TicketFigures& figures) {
    const Ticket& ticket = q.index.rows.tickets[row];
    if (q.in_period(ticket.contacted_at) && ticket.first_contact_outbound) {
        figures.contact_rate.add(ticket.id, *ticket.first_contact_outbound);
    }
    if (ticket.origin != Origin::reactive) {
        if (q.in_period(ticket.first_outbound_at)) {
            figures.to_contact.add_duration(
                ticket.id, as_hours(*ticket.first_outbound_at - ticket.detected_at));
        } else if (!q.known(ticket.first_outbound_at) && q.in_period(ticket.opened_at)) {
            figures.to_contact.add_pending();
        }
    }
    if (!q.known(ticket.first_outbound_at)) return;
    if (const std::optional<Failure> failure = confirmed_failure(q, row)) {
        if (q.in_period(failure->outcome_at)) {
            figures.lead_time.add_duration(ticket.id,
                                           as_hours(failure->at - *ticket.first_outbound_at));
        }
    } else if (q.known(ticket.failed_at) && q.in_period(ticket.opened_at) &&
               q.index.outcomes_by_ticket.of(row).empty()) {
        figures.lead_time.add_pending();
    }
}

void add_prediction_figures(const Inquiry& q, RowNo row, TicketFigures& figures) {
    const Ticket& ticket = q.index.rows.tickets[row];
    if (ticket.origin != Origin::predicted) return;
    const Decided decided = q.index.decided(row, q.now);
    if (decided.decision == Decision::undecided) {
        if (q.in_period(ticket.opened_at)) figures.precision.add_pending();
        return;
    }
    if (!q.in_period(decided.at)) return;
    figures.precision.add(ticket.id, decided.decision == Decision::confirmed);
    if (decided.decision == Decision::no_fault_found) figures.false_alarms.add_numerator(ticket.id);
    if (decided.decision == Decision::confirmed && prevented(q, row)) {
        figures.prevented_failures.add_numerator(ticket.id);
    }
}

Kpi recall(const Inquiry& q) {
    Figure figure("prediction_recall", q.options);
    const std::vector<Outcome>& outcomes = q.index.rows.outcomes;
    for (RowNo row = 0; row < outcomes.size(); ++row) {
        if (!q.in_period(outcomes[row].at) || !q.keeps_outcome(row)) continue;
        const std::optional<WallTime> failed_at = q.index.failure_time(row);
        if (!failed_at) continue;
        figure.add(q.outcome_subject(row), foreseen(q, row, *failed_at));
    }
    return figure.share();
}

/// From first to last telemetry; a device that never reported counts from its installation on.
bool active_span(const Inquiry& q, const DeviceInfo& device, WallTime& from, WallTime& to) {
    const auto start = device.first_seen_at ? device.first_seen_at : device.installed_at;
    if (!start || *start >= q.to) return false;
    const WallTime end = device.first_seen_at ? device.last_seen_at.value_or(*start) : q.to;
    if (end < q.from) return false;
    from = std::max(*start, q.from);
    to = std::min(end, q.to);
    return true;
}

}  // namespace

double device_months(const Inquiry& q) {
    constexpr double kMonthH = 30.4375 * 24;
    double hours = 0;
    for (const DeviceInfo& device : q.index.rows.devices) {
        WallTime from, to;
        if (q.cut.keeps(device, q.to) && active_span(q, device, from, to)) {
            hours += as_hours(std::max(to - from, milliseconds{0}));
        }
    }
    return hours / kMonthH;
}

void add_proactive(const Inquiry& q, std::vector<Kpi>& board) {
    TicketFigures figures(q.options);
    for (RowNo row = 0; row < q.index.rows.tickets.size(); ++row) {
        if (!q.cut.keeps(q.index.rows.tickets[row])) continue;
        add_contact_figures(q, row, figures);
        add_prediction_figures(q, row, figures);
    }
    board.push_back(figures.contact_rate.share());
    board.push_back(figures.lead_time.duration());
    board.push_back(figures.precision.share());
    board.push_back(recall(q));
    figures.false_alarms.set_denominator(device_months(q));
    board.push_back(figures.false_alarms.per_thousand());
    board.push_back(figures.prevented_failures.count());
    board.push_back(figures.to_contact.duration());
}

void add_support(const Inquiry& q, std::vector<Kpi>& board) {
    const KpiRows& rows = q.index.rows;
    std::vector<const std::string*> needing(q.index.device_count, nullptr);
    for (RowNo row = 0; row < rows.tickets.size(); ++row) {
        const Ticket& ticket = rows.tickets[row];
        if (q.in_period(ticket.opened_at) && q.cut.keeps(ticket)) {
            needing[q.index.ticket_device[row]] = &ticket.device_id;
        }
    }
    Figure devices("devices_needing_support", q.options);
    std::unordered_map<std::string_view, std::size_t> customer_number;
    std::vector<std::pair<const std::string*, bool>> customers;  // in order of appearance
    for (RowNo i = 0; i < q.index.device_count; ++i) {
        const DeviceInfo* device = q.index.device(i);
        WallTime from, to;
        const bool active =
            device != nullptr && q.cut.keeps(*device, q.to) && active_span(q, *device, from, to);
        if (!active && needing[i] == nullptr) continue;
        devices.add(device != nullptr ? device->device_id : *needing[i], needing[i] != nullptr);
        if (device == nullptr || device->customer_id.empty()) continue;
        const auto [entry, is_new] =
            customer_number.try_emplace(device->customer_id, customers.size());
        if (is_new) customers.emplace_back(&device->customer_id, false);
        customers[entry->second].second |= needing[i] != nullptr;
    }
    board.push_back(devices.share());
    Figure figure("customers_needing_support", q.options);
    for (const auto& [id, needs] : customers) figure.add(*id, needs);
    board.push_back(figure.share());
}

}  // namespace aftercare::collector
