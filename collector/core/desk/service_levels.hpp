// Keeps the clock of each ticket in step with its state: the ticket's events drive it, and nothing
// else, so that it can be worked out again from them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collector/core/commit.hpp"
#include "collector/core/sla/policy.hpp"

namespace aftercare::collector {

inline constexpr std::string_view kSlaAtRisk = "sla_at_risk";
inline constexpr std::string_view kSlaBreached = "sla_breached";
inline constexpr std::string_view kSlaPolicy = "sla_policy";

/// The words of an event.
struct Remark {
    std::string_view kind;
    std::string_view who;
    std::string why;
    WallTime at{};
    std::string value{};  ///< what it sets, by kind (desk_events.hpp)
};

/// Brings a clock from one state of its ticket to another. Pre: it was asked what to tell before.
void follow_state(SlaClock& clock, const SlaTerms& terms, TicketState from, TicketState to,
                  WallTime at);

class ServiceLevels {
  public:
    explicit ServiceLevels(const SlaSettings& settings) : terms_(settings) {}

    void load(SlaTerms terms) { terms_.load(std::move(terms)); }
    /// Of a new ticket, open or ended.
    void begin(Ticket& fresh);
    /// What the service centre must hear of by `now`, each once.
    std::vector<Remark> news(Ticket& ticket, WallTime now);
    /// After a change that was made to the ticket at `at`. A remark when its severity, its centre
    /// or the settings put it under other terms.
    std::vector<Remark> follow(Ticket& ticket, TicketState from, WallTime at);
    /// Other terms are in force for this ticket than its clock counts by.
    bool outdated(const Ticket& ticket);

    void finish(Commit& commit);

  private:
    SlaTermsBook terms_;
};

}  // namespace aftercare::collector
