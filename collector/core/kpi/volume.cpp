// Ticket volume and backlog, as totals of the period and day by day; and the self-service share.
#include <algorithm>
#include <array>

#include "collector/core/kpi/sections.hpp"
#include "collector/core/kpi/volume.hpp"

namespace aftercare::collector {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

/// All tickets, and those of the ticket's own side; verification tickets are in the total only.
struct SplitFigure {
    SplitFigure(const KpiOptions& options, std::string_view total, std::string_view predicted,
                std::string_view reactive)
        : figures{Figure(total, options), Figure(predicted, options), Figure(reactive, options)} {}

    void add(const Ticket& ticket) {
        figures[0].add_numerator(ticket.id);
        if (ticket.origin == Origin::predicted) figures[1].add_numerator(ticket.id);
        if (ticket.origin == Origin::reactive) figures[2].add_numerator(ticket.id);
    }
    void finish(std::vector<Kpi>& board) {
        for (Figure& figure : figures) board.push_back(figure.count());
    }

    std::array<Figure, 3> figures;
};

bool visited(const Inquiry& q, RowNo row) {
    if (q.index.rows.tickets[row].visit_count > 0) return true;
    const auto outcomes = q.index.outcomes_by_ticket.of(row);
    return std::any_of(outcomes.begin(), outcomes.end(), [&](RowNo outcome) {
        return q.index.rows.outcomes[outcome].visit_count > 0 &&
               q.index.rows.outcomes[outcome].at < q.now;
    });
}

/// Signed changes of a count on each day; prefix sums make levels of them.
struct DailyChange {
    std::int64_t all = 0;
    std::int64_t predicted = 0;
    std::int64_t reactive = 0;

    void add(Origin origin, std::int64_t change) {
        all += change;
        if (origin == Origin::predicted) predicted += change;
        if (origin == Origin::reactive) reactive += change;
    }
};

VolumeDay::Split as_split(const DailyChange& change) {
    return {static_cast<std::uint64_t>(change.all), static_cast<std::uint64_t>(change.predicted),
            static_cast<std::uint64_t>(change.reactive)};
}

struct Days {
    explicit Days(const Inquiry& inquiry)
        : q(inquiry),
          first(unix_ms(q.from) / kDayMs - (unix_ms(q.from) % kDayMs < 0 ? 1 : 0)),
          received(static_cast<std::size_t>((unix_ms(q.to) - 1 - first * kDayMs) / kDayMs + 1)),
          resolved(received.size()),
          open(received.size()) {}

    [[nodiscard]] std::size_t number(WallTime at) const {
        const std::int64_t day = (unix_ms(std::max(at, q.from)) - first * kDayMs) / kDayMs;
        return static_cast<std::size_t>(day);
    }

    void add(RowNo row) {
        const Ticket& ticket = q.index.rows.tickets[row];
        if (ticket.opened_at >= q.to) return;
        if (q.in_period(ticket.opened_at)) received[number(ticket.opened_at)].add(ticket.origin, 1);
        const Timeline timeline = q.index.timeline(row);
        const auto resolved_at = standing_resolution(timeline, q.to);
        if (q.in_period(resolved_at)) resolved[number(*resolved_at)].add(ticket.origin, 1);
        open[number(ticket.opened_at)].add(ticket.origin, 1);
        bool is_open_now = true;
        for (const StateChange& change : timeline) {
            if (change.at >= q.to) break;
            if (is_open(change.to) == is_open_now) continue;
            is_open_now = !is_open_now;
            open[number(change.at)].add(ticket.origin, is_open_now ? 1 : -1);
        }
    }

    const Inquiry& q;
    std::int64_t first;  ///< day number since 1970-01-01
    std::vector<DailyChange> received, resolved, open;
};

}  // namespace

void add_volume(const Inquiry& q, std::vector<Kpi>& board) {
    SplitFigure received(q.options, "tickets_received", "tickets_received_predicted",
                         "tickets_received_reactive");
    SplitFigure resolved(q.options, "tickets_resolved", "tickets_resolved_predicted",
                         "tickets_resolved_reactive");
    SplitFigure open(q.options, "tickets_open", "tickets_open_predicted", "tickets_open_reactive");
    Figure self_service("self_service_share", q.options);
    for (RowNo row = 0; row < q.index.rows.tickets.size(); ++row) {
        const Ticket& ticket = q.index.rows.tickets[row];
        if (ticket.opened_at >= q.to || !q.cut.keeps(ticket)) continue;
        if (q.in_period(ticket.opened_at)) received.add(ticket);
        const Timeline timeline = q.index.timeline(row);
        if (is_open(state_before(timeline, q.to))) open.add(ticket);
        if (!q.in_period(standing_resolution(timeline, q.to))) continue;
        resolved.add(ticket);
        self_service.add(ticket.id, ticket.self_service && !visited(q, row));
    }
    received.finish(board);
    resolved.finish(board);
    open.finish(board);
    board.push_back(self_service.share());
}

std::vector<VolumeDay> volume_by_day(const Inquiry& q) {
    Days days(q);
    for (RowNo row = 0; row < q.index.rows.tickets.size(); ++row) {
        if (q.cut.keeps(q.index.rows.tickets[row])) days.add(row);
    }
    std::vector<VolumeDay> volume;
    DailyChange level;
    for (std::size_t i = 0; i < days.received.size(); ++i) {
        level.all += days.open[i].all;
        level.predicted += days.open[i].predicted;
        level.reactive += days.open[i].reactive;
        const std::int64_t day_ms = (days.first + static_cast<std::int64_t>(i)) * kDayMs;
        volume.push_back({wall_from_unix_ms(day_ms), as_split(days.received[i]),
                          as_split(days.resolved[i]), as_split(level)});
    }
    return volume;
}

}  // namespace aftercare::collector
