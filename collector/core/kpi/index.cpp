#include "collector/core/kpi/index.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace aftercare::collector {
namespace {

/// Groups the rows for which `owner_of` gives an owner; `earlier` orders them within a group.
template <class OwnerOf, class Earlier>
Groups group(std::size_t row_count, std::size_t owner_count, OwnerOf owner_of, Earlier earlier) {
    Groups groups;
    groups.begin.assign(owner_count + 1, 0);
    std::size_t kept = 0;
    for (RowNo row = 0; row < row_count; ++row) {
        const RowNo owner = owner_of(row);
        if (owner == kNoRow) continue;
        ++groups.begin[owner + 1];
        ++kept;
    }
    for (std::size_t i = 1; i <= owner_count; ++i) groups.begin[i] += groups.begin[i - 1];
    groups.rows.resize(kept);
    std::vector<RowNo> next(groups.begin.begin(), groups.begin.end());
    for (RowNo row = 0; row < row_count; ++row) {
        const RowNo owner = owner_of(row);
        if (owner != kNoRow) groups.rows[next[owner]++] = row;
    }
    for (std::size_t i = 0; i < owner_count; ++i) {
        const auto first = groups.rows.begin() + static_cast<std::ptrdiff_t>(groups.begin[i]);
        const auto last = groups.rows.begin() + static_cast<std::ptrdiff_t>(groups.begin[i + 1]);
        if (last - first > 1) std::stable_sort(first, last, earlier);
    }
    return groups;
}

/// Dense numbers for values in order of first appearance.
template <class Value>
class Interner {
  public:
    RowNo operator()(const Value& value) {
        return numbers_.try_emplace(value, static_cast<RowNo>(numbers_.size())).first->second;
    }
    [[nodiscard]] std::size_t size() const { return numbers_.size(); }

  private:
    std::unordered_map<Value, RowNo> numbers_;
};

using TicketNumbers = std::unordered_map<std::string_view, RowNo>;

RowNo find_ticket(const TicketNumbers& numbers, const std::string& id) {
    if (id.empty()) return kNoRow;
    const auto found = numbers.find(id);
    return found == numbers.end() ? kNoRow : found->second;
}

/// A ticket that came without its events (an import) still has the times of its row.
void changes_from_row(const Ticket& ticket, std::vector<StateChange>& changes) {
    const bool ended = !is_open(ticket.state);
    if (ended && ticket.resolved_at) {
        changes.push_back({*ticket.resolved_at, TicketState::resolved});
    }
    if (ended && ticket.closed_at) {
        changes.push_back({*ticket.closed_at, ticket.state});
    } else if (!ended || !ticket.resolved_at) {
        changes.push_back({ticket.opened_at, ticket.state});
    }
}

void join_changes(KpiIndex& index, const TicketNumbers& numbers) {
    const KpiRows& rows = index.rows;
    std::vector<RowNo> ticket_of_event(rows.state_events.size(), kNoRow);
    for (std::size_t i = 0; i < rows.state_events.size(); ++i) {
        const TicketEvent& event = rows.state_events[i];
        if (!event.to) continue;
        const bool same = i > 0 && rows.state_events[i - 1].ticket_id == event.ticket_id &&
                          ticket_of_event[i - 1] != kNoRow;
        ticket_of_event[i] = same ? ticket_of_event[i - 1] : find_ticket(numbers, event.ticket_id);
    }
    const Groups events = group(
        rows.state_events.size(), rows.tickets.size(),
        [&](RowNo row) { return ticket_of_event[row]; },
        [&](RowNo a, RowNo b) { return rows.state_events[a].no < rows.state_events[b].no; });
    index.changes.reserve(events.rows.size());
    for (RowNo ticket = 0; ticket < rows.tickets.size(); ++ticket) {
        index.change_begin.push_back(static_cast<RowNo>(index.changes.size()));
        const std::span<const RowNo> own = events.of(ticket);
        if (own.empty()) changes_from_row(rows.tickets[ticket], index.changes);
        // Their order is their number; a time entered too early does not turn it round.
        WallTime last = WallTime::min();
        for (const RowNo row : own) {
            last = std::max(last, rows.state_events[row].at);
            index.changes.push_back({last, *rows.state_events[row].to});
        }
    }
    index.change_begin.push_back(static_cast<RowNo>(index.changes.size()));
}

void join_devices(KpiIndex& index) {
    const KpiRows& rows = index.rows;
    Interner<DeviceNo> number;
    for (const DeviceInfo& device : rows.devices) number(device.no);
    for (const Ticket& ticket : rows.tickets)
        index.ticket_device.push_back(number(ticket.device_no));
    for (const Outcome& o : rows.outcomes) index.outcome_device.push_back(number(o.device_no));
    for (const Contact& c : rows.contacts) index.contact_device.push_back(number(c.device_no));
    index.device_count = number.size();
    index.device_row.assign(index.device_count, kNoRow);
    for (RowNo row = 0; row < rows.devices.size(); ++row) {
        index.device_row[number(rows.devices[row].no)] = row;
    }
}

void join_components(KpiIndex& index) {
    const KpiRows& rows = index.rows;
    Interner<std::string_view> number;
    for (const Ticket& t : rows.tickets) index.ticket_component.push_back(number(t.component));
    for (RowNo row = 0; row < rows.outcomes.size(); ++row) {
        const Ticket* ticket = index.ticket_of(row);
        std::string_view component = rows.outcomes[row].component;
        if (component.empty() && ticket != nullptr) component = ticket->component;
        index.outcome_component.push_back(number(component));
    }
}

}  // namespace

KpiIndex::KpiIndex(const KpiRows& all_rows) : rows(all_rows) {
    TicketNumbers numbers;
    numbers.reserve(rows.tickets.size());
    for (RowNo i = 0; i < rows.tickets.size(); ++i) numbers.emplace(rows.tickets[i].id, i);
    for (const Outcome& o : rows.outcomes)
        outcome_ticket.push_back(find_ticket(numbers, o.ticket_id));
    join_devices(*this);
    join_components(*this);
    join_changes(*this, numbers);

    const auto by_outcome = [this](RowNo a, RowNo b) {
        return rows.outcomes[a].at < rows.outcomes[b].at;
    };
    const auto by_contact = [this](RowNo a, RowNo b) {
        return rows.contacts[a].at < rows.contacts[b].at;
    };
    outcomes_by_ticket = group(
        rows.outcomes.size(), rows.tickets.size(), [this](RowNo o) { return outcome_ticket[o]; },
        by_outcome);
    std::vector<RowNo> contact_ticket;
    for (const Contact& c : rows.contacts)
        contact_ticket.push_back(find_ticket(numbers, c.ticket_id));
    contacts_by_ticket = group(
        rows.contacts.size(), rows.tickets.size(), [&](RowNo c) { return contact_ticket[c]; },
        by_contact);
    outcomes_by_device = group(
        rows.outcomes.size(), device_count, [this](RowNo o) { return outcome_device[o]; },
        by_outcome);
    inbound_by_device = group(
        rows.contacts.size(), device_count,
        [this](RowNo c) {
            return rows.contacts[c].direction == Direction::inbound ? contact_device[c] : kNoRow;
        },
        by_contact);
    predicted_by_device = group(
        rows.tickets.size(), device_count,
        [this](RowNo t) {
            return rows.tickets[t].origin == Origin::predicted ? ticket_device[t] : kNoRow;
        },
        [this](RowNo a, RowNo b) { return rows.tickets[a].opened_at < rows.tickets[b].opened_at; });
}

const Ticket* KpiIndex::ticket_of(RowNo outcome) const {
    const RowNo ticket = outcome_ticket[outcome];
    return ticket == kNoRow ? nullptr : &rows.tickets[ticket];
}

const DeviceInfo* KpiIndex::device(RowNo device_index) const {
    const RowNo row = device_row[device_index];
    return row == kNoRow ? nullptr : &rows.devices[row];
}

Decided KpiIndex::decided(RowNo ticket_row, WallTime now) const {
    const Ticket& ticket = rows.tickets[ticket_row];
    const std::span<const RowNo> own = outcomes_by_ticket.of(ticket_row);
    Decided answer;
    for (const RowNo row : own) {
        const Outcome& outcome = rows.outcomes[row];
        if (outcome.at >= now) break;
        // A later visit that decides nothing (planned work, a refusal) does not undo a decision.
        const Decision decision = decide(outcome.code, ticket.component, outcome.component);
        if (decision != Decision::undecided) answer = {decision, outcome.at};
    }
    if (own.empty() && ticket.decision != Decision::undecided) {
        const std::optional<WallTime> at =
            ticket.resolved_at ? ticket.resolved_at : ticket.closed_at;
        if (at && *at < now) answer = {ticket.decision, *at};
    }
    return answer;
}

std::optional<WallTime> KpiIndex::failure_time(RowNo outcome_row) const {
    const Outcome& outcome = rows.outcomes[outcome_row];
    const Ticket* ticket = ticket_of(outcome_row);
    if (outcome.code == OutcomeCode::no_fault_found) return std::nullopt;
    if (outcome.failed_at) return outcome.failed_at;
    // Planned work and refusals say nothing about a failure unless they name its time.
    if (outcome.code == OutcomeCode::preventive_replacement ||
        outcome.code == OutcomeCode::customer_declined) {
        return std::nullopt;
    }
    if (ticket != nullptr && ticket->failed_at && *ticket->failed_at <= outcome.at) {
        return ticket->failed_at;
    }
    // These codes mean that it had failed; nobody wrote down when.
    if (outcome.code == OutcomeCode::failure_repaired ||
        outcome.code == OutcomeCode::unit_replaced || outcome.code == OutcomeCode::unrepairable) {
        return outcome.at;
    }
    // A fault that the customer had to report had failed by the time of the call.
    if (ticket != nullptr && ticket->origin == Origin::reactive) return ticket->detected_at;
    return std::nullopt;
}

}  // namespace aftercare::collector
