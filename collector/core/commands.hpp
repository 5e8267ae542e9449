// What people and foreign systems ask the engine to do: the same values from HTTP, CSV, MQTT and
// the simulator's desk.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "collector/core/commit.hpp"
#include "collector/core/model/device.hpp"
#include "collector/core/model/ticket.hpp"

namespace aftercare::collector {

/// New or changed master data; telemetry-borne members are ignored.
struct RegisterDevice {
    DeviceInfo info;
};

/// A customer called (or wrote): joins the open ticket of that failure mode or component, else
/// opens a reactive one.
struct InboundContact {
    std::string contact_id;  ///< idempotency key within the tenant
    std::string tenant;
    std::string device_id;
    WallTime at{};
    Channel channel = Channel::phone;
    std::string component;     ///< what the customer describes, may be empty
    std::string failure_mode;  ///< may be empty
    std::optional<WallTime> failed_at;
    std::string note;
};

/// Somebody reached out to the customer, or tried to.
struct OutboundContact {
    std::string contact_id;
    std::string ticket_id;
    WallTime at{};
    Channel channel = Channel::phone;
    std::string result;
    std::string note;
    std::string tenant{};  ///< empty = the ticket's
};

/// Whose tickets a command may touch; what lies outside does not exist for it.
struct Scope {
    std::string tenant;  ///< empty = all
    std::string centre;  ///< empty = all of the tenant

    [[nodiscard]] bool covers(const Ticket& ticket) const {
        return (tenant.empty() || tenant == ticket.tenant) &&
               (centre.empty() || centre == ticket.centre);
    }
};

struct ChangeTicket {
    std::string ticket_id;
    TicketState to = TicketState::open;
    WallTime at{};
    std::string who;
    std::string why;
    std::optional<std::uint32_t> expected_version;  ///< If-Match
    Scope scope{};
};

/// Somebody works on it, or nobody any more.
struct Assign {
    std::string assignee;
};
inline constexpr std::uint32_t kEscalationLevelMax = 3;
struct Escalate {
    std::uint32_t level = 1;  ///< 0 takes it back
};
struct AddComment {};
/// To a centre that somebody chose, or, without one, again by the rules.
struct Reroute {
    std::string centre;
};
/// Ends it in favour of another ticket of the same device.
struct MergeInto {
    std::string ticket_id;
};

/// What a desk does with a ticket beside changing its state.
struct WorkOnTicket {
    std::string ticket_id;
    std::variant<Assign, Escalate, AddComment, Reroute, MergeInto> action;
    std::string who;
    std::string why;  ///< the text of a comment, the reason of the others
    std::optional<std::uint32_t> expected_version{};  ///< If-Match
    Scope scope{};
};

struct SubmitOutcome {
    Outcome outcome;         ///< device_no, match_score and match_reason are the engine's
    std::string reporter{};  ///< a centre, which corrects only its own; empty = no centre
};

/// A person says which ticket an ambiguous outcome belongs to; none: to no ticket there is.
struct AssignOutcome {
    std::string tenant;
    std::string outcome_id;
    std::string ticket_id;  ///< empty = none
    std::string who;
};

/// A person promotes a rule (live), puts it on trial (shadow), or shelves it.
struct ChangeRule {
    std::string rule_id;
    RuleMode to = RuleMode::live;
    std::string who;
    std::string why;
};

/// A person releases, rolls up or resolves a fleet problem, with all of its devices.
struct ChangeProblem {
    std::string problem_id;
    ProblemState to = ProblemState::released;
    std::string who;
    std::string why;
    std::optional<OutcomeCode> code;  ///< of a resolved one
    std::optional<std::uint32_t> expected_version;
};

/// A message that was refused comes once more, whole as it was kept, because what was wrong is
/// right now (a device was registered). Counted as refused already; the seq decides whether it is
/// news.
struct RetryRefused {
    QuarantineKey key;
    std::string topic;
    std::string bytes;
    WallTime received_at{};  ///< when it arrived: the evidence for its records' times
};

using Command =
    std::variant<RegisterDevice, InboundContact, OutboundContact, ChangeTicket, WorkOnTicket,
                 SubmitOutcome, AssignOutcome, ChangeRule, ChangeProblem, RetryRefused>;

struct CommandReply {
    enum class Kind : std::uint8_t { created, updated, unchanged } kind = Kind::updated;
    std::string id;         ///< of the device, contact, ticket, outcome, rule or problem
    std::string ticket_id;  ///< the ticket it ended up with, if any
};

}  // namespace aftercare::collector
