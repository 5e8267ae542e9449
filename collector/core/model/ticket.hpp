// The service case and everything attached to it, as rows. Engine, store, KPI and API speak these.
// Invariant: at most one ticket per (tenant, device, failure mode) is open at a time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/core/model/catalogue.hpp"
#include "collector/core/sla/clock.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

using DeviceNo = std::uint32_t;  ///< dense, given at registration, never reused within a database

enum class Origin : std::uint8_t { predicted, reactive, verification };

enum class TicketState : std::uint8_t {
    open,
    contacted,
    scheduled,
    in_progress,
    pending_customer,
    on_hold,  // open ones
    resolved,
    closed,
    dismissed,
    merged,
    lapsed,  // ended ones
};
constexpr bool is_open(TicketState state) {
    return state < TicketState::resolved;
}
inline constexpr std::size_t kOpenStateCount = static_cast<std::size_t>(TicketState::resolved);
inline constexpr std::size_t kTicketStateCount = static_cast<std::size_t>(TicketState::lapsed) + 1;
/// How many tickets are in each open state.
using OpenTicketCounts = std::array<std::size_t, kOpenStateCount>;
/// Of the open ones, those that somebody has to look at.
struct OpenDeskCounts {
    std::size_t unroutable = 0;
    std::size_t over_capacity = 0;
    std::size_t escalated = 0;
};
/// The working clock stands still in these.
constexpr bool is_paused(TicketState state) {
    return state == TicketState::pending_customer || state == TicketState::on_hold;
}

enum class OutcomeCode : std::uint8_t {
    confirmed_fixed,
    other_fault_fixed,
    no_fault_found,
    fixed_remotely,
    self_resolved,
    preventive_replacement,
    failure_repaired,
    unit_replaced,
    unrepairable,
    customer_declined,
};

/// What an outcome says about a prediction.
enum class Decision : std::uint8_t { undecided, confirmed, no_fault_found, other_fault };

enum class WarrantyState : std::uint8_t { unknown, in_warranty, out_of_warranty };

/// Why somebody has to look where a ticket goes.
enum class RouteQueue : std::uint8_t { none, unroutable, over_capacity };

std::string_view to_string(Origin origin);
std::string_view to_string(TicketState state);
std::string_view to_string(OutcomeCode code);
std::string_view to_string(Decision decision);
std::string_view to_string(WarrantyState state);
std::string_view to_string(RouteQueue queue);
std::optional<Origin> parse_origin(std::string_view text);
std::optional<TicketState> parse_ticket_state(std::string_view text);
std::optional<OutcomeCode> parse_outcome_code(std::string_view text);
std::optional<Decision> parse_decision(std::string_view text);
std::optional<WarrantyState> parse_warranty_state(std::string_view text);
std::optional<RouteQueue> parse_route_queue(std::string_view text);

/// What routing and people made of a ticket, centre aside: a projection of its events
/// (collector/core/desk/desk_events.hpp).
struct DeskWork {
    std::string assignee;                ///< empty = nobody
    std::uint32_t escalation_level = 0;  ///< 0 = not escalated
    std::uint32_t escalation_count = 0;  ///< how often the level rose
    std::uint32_t comment_count = 0;
    RouteQueue queue = RouteQueue::none;
    std::string route_reason;           ///< why this centre; empty = the device's own, unasked
    std::optional<WallTime> routed_at;  ///< when that was decided
    std::string merged_into;            ///< the ticket that goes on

    friend bool operator==(const DeskWork&, const DeskWork&) = default;
};

struct Ticket {
    std::string id;  ///< deterministic: hash of tenant, device, failure mode, episode start
    std::string tenant;
    DeviceNo device_no = 0;
    std::string device_id;
    std::string model;
    std::string firmware;  ///< when opened
    std::string component;
    std::string failure_mode;
    Origin origin = Origin::predicted;
    Severity severity = Severity::minor;
    TicketState state = TicketState::open;
    std::string rule;  ///< "rule_id@version"; empty when reactive
    double probability = 0;
    double horizon_h = 0;
    std::string
        evidence_json;       ///< array of evidence objects, see collector/core/detect/evidence.hpp
    WallTime detected_at{};  ///< event time of the first detection, or of the call
    WallTime opened_at{};
    std::optional<WallTime> contacted_at;  ///< first contact, either direction
    std::optional<bool> first_contact_outbound;
    std::optional<WallTime> first_outbound_at;
    std::optional<WallTime> resolved_at;
    std::optional<WallTime> closed_at;
    std::optional<WallTime> verified_at;  ///< the device has shown that the fix holds
    std::optional<WallTime> failed_at;    ///< loss of function, from outcome or call
    std::optional<OutcomeCode> outcome;
    Decision decision = Decision::undecided;
    std::string centre;  ///< serves it; empty = none does
    std::string region;
    std::string segment;
    WarrantyState warranty = WarrantyState::unknown;
    SlaClock sla;
    std::uint32_t contact_count = 0;
    std::uint32_t visit_count = 0;
    std::uint32_t reopened_count = 0;
    bool not_solvable_at_first_contact = false;
    bool self_service = false;  ///< resolved by a notice or article without a visit
    std::string avoidable_cause;
    std::string recurs_of;  ///< earlier ticket of the same device and failure mode
    std::uint32_t detection_count = 0;
    std::uint32_t version = 0;  ///< grows by one per change (ETag)
    DeskWork work;
};

/// `who` of what nobody did: the collector itself.
inline constexpr std::string_view kEngine = "engine";

/// One state change or remark; the ticket row is a projection of these.
struct TicketEvent {
    std::string ticket_id;
    std::uint32_t no = 0;  ///< 1, 2, 3 … per ticket
    WallTime at{};
    std::string who;   ///< "engine", "desk:<centre>", "customer", "api:<token name>"
    std::string kind;  ///< "opened", "detection", "contact", "state", "outcome", "sla_at_risk", …
    std::optional<TicketState> from;
    std::optional<TicketState> to;
    std::string why;
    std::string value;  ///< what it set, by kind: collector/core/desk/desk_events.hpp
};

enum class Direction : std::uint8_t { outbound, inbound };
enum class Channel : std::uint8_t { appliance_notice, email, webhook, phone };
std::string_view to_string(Direction direction);
std::string_view to_string(Channel channel);
std::optional<Direction> parse_direction(std::string_view text);
std::optional<Channel> parse_channel(std::string_view text);

struct Contact {
    std::string id;  ///< idempotency key within the tenant; the engine's own are "<ticket id>-c<n>"
    std::string ticket_id;
    std::string tenant;
    DeviceNo device_no = 0;
    WallTime at{};
    Direction direction = Direction::outbound;
    Channel channel = Channel::appliance_notice;
    std::string message_key;
    std::string result;  ///< "sent", "reached", "resolved", "no_answer", "suppressed:<reason>"
    std::string note;
};

struct Part {
    std::string number;
    std::string old_serial;
    std::string new_serial;
};

/// Whether a person has to say which ticket an outcome belongs to.
enum class Review : std::uint8_t { none, open, decided };
std::string_view to_string(Review review);
std::optional<Review> parse_review(std::string_view text);

struct Outcome {
    std::string id;  ///< idempotency key within the tenant
    std::string tenant;
    DeviceNo device_no = 0;
    std::string device_id;
    std::string ticket_id;  ///< given, or found by matching; empty only in submissions
    WallTime at{};
    OutcomeCode code = OutcomeCode::confirmed_fixed;
    std::string component;              ///< what was really wrong
    std::string failure_mode;           ///< may be empty
    std::optional<WallTime> failed_at;  ///< loss of function, when there was one
    std::uint32_t visit_count = 1;
    double labour_min = 0;
    std::vector<Part> parts;
    std::string avoidable_cause;
    bool not_solvable_at_first_contact = false;
    std::string note;
    double match_score = 0;  ///< 1 by ticket id, else 0..1
    std::string match_reason;
    std::string centre;
    Review review = Review::none;  ///< while open it is applied to nothing
    /// Array of {"ticket_id", "score", "reason"}, best first; of reviewed ones.
    std::string candidates_json = "[]";
};

/// Confirmed: the predicted component was faulty. A preventive replacement or a declined visit
/// leaves the prediction undecided (it is censoring, not a false alarm).
Decision decide(OutcomeCode code, std::string_view predicted_component,
                std::string_view found_component);
/// Codes that mean somebody looked at the appliance.
bool physical_inspection(OutcomeCode code, std::uint32_t visit_count);
/// Codes that mean a repair was done on site (population of recurrence and first-time fix).
bool is_repair(OutcomeCode code, std::uint32_t visit_count);
/// Codes after which the named component starts a new life.
bool replaces_part(OutcomeCode code);

}  // namespace aftercare::collector
