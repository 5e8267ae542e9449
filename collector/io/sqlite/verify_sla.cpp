// The working-time clock of every ticket, worked out again from its events by the core's own code.
#include <map>

#include "collector/core/desk/desk_events.hpp"
#include "collector/core/desk/service_levels.hpp"
#include "collector/io/sqlite/sla_rows.hpp"
#include "collector/io/sqlite/verify_checks.hpp"

namespace aftercare::collector::sqlite {

namespace {

constexpr std::string_view kArrow = " -> ";
constexpr milliseconds kTick{1};

using TermsById = std::map<std::string, SlaTerms, std::less<>>;

bool is_sla_news(const TicketEvent& event) {
    return event.kind == kSlaAtRisk || event.kind == kSlaBreached;
}

/// Somebody was reached; attempts and suppressed notices are told by their words.
bool is_contact(const TicketEvent& event) {
    if (event.to == TicketState::contacted) return true;
    if (event.kind != "contact") return false;
    if (event.who == "customer") return true;
    const std::string result = event.why.substr(0, event.why.find(':'));
    return event.who == "desk" && (result == "sent" || result == "reached" || result == "resolved");
}

/// The terms it was opened under; empty when an earlier program opened it.
std::string first_terms(const Ticket& ticket, const std::vector<TicketEvent>& events) {
    for (const TicketEvent& event : events) {
        if (event.kind != kSlaPolicy) continue;
        const std::string from = event.why.substr(0, event.why.find(kArrow));
        return from == "none" ? std::string{} : from;
    }
    return ticket.sla.terms;
}

/// Null when an event names terms that are not stored.
class ClockReplay {
  public:
    ClockReplay(const TermsById& known, const std::string& terms, WallTime opened_at)
        : known_(known), terms_(find(terms)) {
        if (terms_ == nullptr) return;
        clock_.terms = terms;
        run_clock(clock_, *terms_, opened_at);
    }

    void step(const TicketEvent& event) {
        if (terms_ == nullptr) return;
        // Routing at the opening is dated by the engine, before what a customer's call is dated by.
        if (event.kind != kRouted) tell(clock_, is_sla_news(event) ? event.at + kTick : event.at);
        if (event.kind == kSlaPolicy) return change(event);
        if (is_contact(event)) answer_clock(clock_, *terms_, event.at);
        if (!event.to) return;
        follow_state(clock_, *terms_, event.from.value_or(TicketState::open), *event.to, event.at);
    }
    [[nodiscard]] bool complete() const { return terms_ != nullptr; }
    [[nodiscard]] const SlaClock& clock() const { return clock_; }

  private:
    const SlaTerms* find(std::string_view id) const {
        const auto found = known_.find(id);
        return found == known_.end() ? nullptr : &found->second;
    }
    void change(const TicketEvent& event) {
        const std::size_t arrow = event.why.find(kArrow);
        const SlaTerms* to = arrow == std::string::npos
                                 ? nullptr
                                 : find(std::string_view(event.why).substr(arrow + kArrow.size()));
        if (to != nullptr) change_terms(clock_, *terms_, *to, event.at);
        terms_ = to;
    }

    const TermsById& known_;
    SlaClock clock_;
    const SlaTerms* terms_;
};

std::string shown(const SlaClock& clock) {
    const auto target = [](const TargetClock& one) {
        return std::to_string(one.spent.count()) + " ms spent, due " +
               (one.due_at ? std::to_string(unix_ms(*one.due_at)) : "never");
    };
    return "first response " + target(clock.first_response) + "; resolution " +
           target(clock.resolution);
}

void compare(const Ticket& ticket, const std::vector<TicketEvent>& events, const TermsById& known,
             VerifyCheck& check) {
    ++check.examined;
    const std::string terms = first_terms(ticket, events);
    if (terms.empty()) {
        ++check.not_comparable;
        return;
    }
    ClockReplay replay(known, terms, ticket.opened_at);
    for (const TicketEvent& event : events) replay.step(event);
    if (replay.complete() && replay.clock() == ticket.sla) return;
    check.add_wrong("ticket " + ticket.id + ": " +
                    (replay.complete() ? "holds " + shown(ticket.sla) + "; its events lead to " +
                                             shown(replay.clock())
                                       : "is counted by terms that are not stored"));
}

}  // namespace

TicketCheck sla_clocks(SQLite::Database& database) {
    TicketCheck one{{"sla_clocks", "the clock of a ticket follows from its events"}, {}};
    const Result<std::vector<SlaTerms>> stored = read_terms(database);
    if (!stored) {
        one.found.add_wrong(stored.error().message);
        one.look = [](const Ticket&, const std::vector<TicketEvent>&, VerifyCheck&) {};
        return one;
    }
    TermsById known;
    for (const SlaTerms& terms : *stored) known.emplace(terms.id, terms);
    one.look = [known = std::move(known)](
                   const Ticket& ticket, const std::vector<TicketEvent>& events,
                   VerifyCheck& check) { compare(ticket, events, known, check); };
    return one;
}

}  // namespace aftercare::collector::sqlite
