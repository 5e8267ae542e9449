#include "collector/core/desk/service_levels.hpp"

#include <iterator>

#include "common/time_text.hpp"

namespace aftercare::collector {
namespace {

enum class Pace : std::uint8_t { running, paused, ended };

Pace pace_of(TicketState state) {
    if (!is_open(state)) return Pace::ended;
    return is_paused(state) ? Pace::paused : Pace::running;
}

Remark remark_of(const SlaNews& news, const SlaClock& clock, const SlaTerms& terms) {
    std::string why{to_string(news.target)};
    if (const auto due_at = clock.of(news.target).due_at) why += ", due " + format_rfc3339(*due_at);
    why += " by " + terms.policy;
    return {news.breach ? kSlaBreached : kSlaAtRisk, kEngine, std::move(why), news.at};
}

}  // namespace

void follow_state(SlaClock& clock, const SlaTerms& terms, TicketState from, TicketState to,
                  WallTime at) {
    const Pace was = pace_of(from);
    const Pace is = pace_of(to);
    if (was == is) return;
    if (is == Pace::ended) return end_clock(clock, terms, at);
    if (was != Pace::running) run_clock(clock, terms, at);
    if (is == Pace::paused) pause_clock(clock, terms, at);
}

void ServiceLevels::begin(Ticket& fresh) {
    const SlaTerms& terms = terms_.in_force(fresh);
    fresh.sla = SlaClock{.terms = terms.id};
    run_clock(fresh.sla, terms, fresh.opened_at);
    follow_state(fresh.sla, terms, TicketState::open, fresh.state,
                 fresh.resolved_at.value_or(fresh.opened_at));
}

std::vector<Remark> ServiceLevels::news(Ticket& ticket, WallTime now) {
    std::vector<Remark> remarks;
    if (next_news_at(ticket.sla) > now) return remarks;
    const SlaTerms& terms = terms_.of(ticket.sla);
    for (const SlaNews& one : tell(ticket.sla, now)) {
        remarks.push_back(remark_of(one, ticket.sla, terms));
    }
    return remarks;
}

std::vector<Remark> ServiceLevels::follow(Ticket& ticket, TicketState from, WallTime at) {
    const SlaTerms& counted_by = terms_.of(ticket.sla);
    if (ticket.contacted_at) answer_clock(ticket.sla, counted_by, at);
    follow_state(ticket.sla, counted_by, from, ticket.state, at);
    if (!outdated(ticket)) return {};
    const SlaTerms& terms = terms_.in_force(ticket);
    std::string why = (ticket.sla.terms.empty() ? "none" : ticket.sla.terms) + " -> " + terms.id;
    change_terms(ticket.sla, counted_by, terms, at);
    return {{kSlaPolicy, kEngine, std::move(why), at}};
}

bool ServiceLevels::outdated(const Ticket& ticket) {
    return is_open(ticket.state) && terms_.in_force(ticket).id != ticket.sla.terms;
}

void ServiceLevels::finish(Commit& commit) {
    std::vector<SlaTerms> fresh = terms_.take_new();
    std::move(fresh.begin(), fresh.end(), std::back_inserter(commit.sla_terms));
}

}  // namespace aftercare::collector
