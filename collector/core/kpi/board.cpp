#include "collector/core/kpi/board.hpp"

#include <algorithm>

#include "collector/core/kpi/index.hpp"
#include "collector/core/kpi/sections.hpp"
#include "collector/core/kpi/volume.hpp"

namespace aftercare::collector {
namespace {

Status check_period(const Period& period) {
    if (period.to <= period.from) {
        return fail(Errc::invalid, "the period ends before it begins: `to` must lie after `from`");
    }
    if (period.now && *period.now < period.to) {
        return fail(Errc::invalid, "`now` must not lie before the end of the period");
    }
    return {};
}

Status check_options(const KpiOptions& options) {
    for (const int days : options.recurrence_days) {
        if (days < 1 || days > 3650) {
            return fail(Errc::invalid, "a recurrence window of " + std::to_string(days) +
                                           " days: allowed are 1 to 3650");
        }
    }
    return check_calendar(options.calendar);
}

/// Widens [first, last] to everything that has happened.
struct Extent {
    WallTime first = WallTime::max();
    WallTime last = WallTime::min();

    void add(const std::optional<WallTime>& at) {
        if (!at) return;
        first = std::min(first, *at);
        last = std::max(last, *at);
    }
};

}  // namespace

bool Inquiry::keeps_outcome(RowNo outcome) const {
    return cut.keeps(index.rows.outcomes[outcome], index.ticket_of(outcome),
                     index.device(index.outcome_device[outcome]));
}

const std::string& Inquiry::outcome_subject(RowNo outcome) const {
    const Outcome& row = index.rows.outcomes[outcome];
    return row.ticket_id.empty() ? row.id : row.ticket_id;
}

KpiBoard::KpiBoard(const KpiRows& rows) : index_(std::make_unique<const KpiIndex>(rows)) {}
KpiBoard::~KpiBoard() = default;

Result<std::vector<Kpi>> KpiBoard::compute(const Period& period, const Cut& cut,
                                           const KpiOptions& options) const {
    if (Status status = check_period(period); !status) return fail(status.error());
    if (Status status = check_options(options); !status) return fail(status.error());
    const Result<CutFilter> filter = CutFilter::create(cut);
    if (!filter) return fail(filter.error());
    const Inquiry inquiry{*index_, period.from, period.to, period.now.value_or(period.to),
                          *filter, options};
    std::vector<Kpi> board;
    add_proactive(inquiry, board);
    add_support(inquiry, board);
    add_recurrence(inquiry, board);
    add_resolution(inquiry, board);
    add_first_contact(inquiry, board);
    add_sla(inquiry, board);
    add_volume(inquiry, board);
    return board;
}

Result<std::vector<VolumeDay>> KpiBoard::volume(const Period& period, const Cut& cut) const {
    if (Status status = check_period(period); !status) return fail(status.error());
    const Result<CutFilter> filter = CutFilter::create(cut);
    if (!filter) return fail(filter.error());
    if (as_hours(period.to - period.from) / 24 > static_cast<double>(kVolumeDaysMax) - 1) {
        return fail(Errc::invalid, "a volume by day covers at most " +
                                       std::to_string(kVolumeDaysMax - 1) + " days");
    }
    const KpiOptions options;
    return volume_by_day(
        {*index_, period.from, period.to, period.now.value_or(period.to), *filter, options});
}

Period KpiBoard::whole_period() const {
    Extent watched;  // telemetry and tickets: since when there was anything to be proactive about
    Extent extent;
    const KpiRows& rows = index_->rows;
    for (const DeviceInfo& device : rows.devices) {
        watched.add(device.first_seen_at);
        extent.add(device.first_seen_at);
        extent.add(device.last_seen_at);
    }
    for (const Ticket& ticket : rows.tickets) {
        watched.add(ticket.opened_at);
        extent.add(ticket.opened_at);
        extent.add(ticket.contacted_at);
        extent.add(ticket.first_outbound_at);
        extent.add(ticket.resolved_at);
        extent.add(ticket.closed_at);
    }
    for (const TicketEvent& event : rows.state_events) extent.add(event.at);
    for (const Contact& contact : rows.contacts) extent.add(contact.at);
    for (const Outcome& outcome : rows.outcomes) extent.add(outcome.at);
    if (extent.first > extent.last) extent.add(WallTime{});
    const WallTime from = watched.first <= watched.last ? watched.first : extent.first;
    return {from, extent.last + milliseconds{1}, std::nullopt};
}

Result<std::vector<Kpi>> kpi_board(const KpiRows& rows, const Period& period, const Cut& cut,
                                   const KpiOptions& options) {
    return KpiBoard(rows).compute(period, cut, options);
}

}  // namespace aftercare::collector
