#include "collector/core/model/ticket.hpp"

#include "collector/core/model/text.hpp"

namespace aftercare::collector {
namespace {

using Names = std::string_view;

constexpr std::array<Names, 3> kOrigins{"predicted", "reactive", "verification"};
constexpr std::array<Names, 11> kStates{
    "open",   "contacted", "scheduled", "in_progress", "pending_customer", "on_hold", "resolved",
    "closed", "dismissed", "merged",    "lapsed"};
constexpr std::array<Names, 10> kOutcomes{
    "confirmed_fixed", "other_fault_fixed",      "no_fault_found",   "fixed_remotely",
    "self_resolved",   "preventive_replacement", "failure_repaired", "unit_replaced",
    "unrepairable",    "customer_declined"};
constexpr std::array<Names, 4> kDecisions{"undecided", "confirmed", "no_fault_found",
                                          "other_fault"};
constexpr std::array<Names, 3> kWarranties{"unknown", "in_warranty", "out_of_warranty"};
constexpr std::array<Names, 3> kQueues{"none", "unroutable", "over_capacity"};
constexpr std::array<Names, 3> kReviews{"none", "open", "decided"};
constexpr std::array<Names, 2> kDirections{"outbound", "inbound"};
constexpr std::array<Names, 4> kChannels{"appliance_notice", "email", "webhook", "phone"};

}  // namespace

std::string_view to_string(Origin origin) {
    return name_in(kOrigins, origin);
}
std::string_view to_string(TicketState state) {
    return name_in(kStates, state);
}
std::string_view to_string(OutcomeCode code) {
    return name_in(kOutcomes, code);
}
std::string_view to_string(Decision decision) {
    return name_in(kDecisions, decision);
}
std::string_view to_string(WarrantyState state) {
    return name_in(kWarranties, state);
}
std::string_view to_string(RouteQueue queue) {
    return name_in(kQueues, queue);
}
std::string_view to_string(Review review) {
    return name_in(kReviews, review);
}
std::string_view to_string(Direction direction) {
    return name_in(kDirections, direction);
}
std::string_view to_string(Channel channel) {
    return name_in(kChannels, channel);
}

std::optional<Origin> parse_origin(std::string_view text) {
    return member_in<Origin>(kOrigins, text);
}
std::optional<TicketState> parse_ticket_state(std::string_view text) {
    return member_in<TicketState>(kStates, text);
}
std::optional<OutcomeCode> parse_outcome_code(std::string_view text) {
    return member_in<OutcomeCode>(kOutcomes, text);
}
std::optional<Decision> parse_decision(std::string_view text) {
    return member_in<Decision>(kDecisions, text);
}
std::optional<WarrantyState> parse_warranty_state(std::string_view text) {
    return member_in<WarrantyState>(kWarranties, text);
}
std::optional<RouteQueue> parse_route_queue(std::string_view text) {
    return member_in<RouteQueue>(kQueues, text);
}
std::optional<Review> parse_review(std::string_view text) {
    return member_in<Review>(kReviews, text);
}
std::optional<Direction> parse_direction(std::string_view text) {
    return member_in<Direction>(kDirections, text);
}
std::optional<Channel> parse_channel(std::string_view text) {
    return member_in<Channel>(kChannels, text);
}

Decision decide(OutcomeCode code, std::string_view predicted_component,
                std::string_view found_component) {
    // A rule that names no component predicted "a fault"; any fault found confirms it.
    const bool same = predicted_component.empty() || found_component == predicted_component;
    switch (code) {
        case OutcomeCode::confirmed_fixed:
            return same || found_component.empty() ? Decision::confirmed : Decision::other_fault;
        case OutcomeCode::other_fault_fixed:
            return Decision::other_fault;
        case OutcomeCode::no_fault_found:
            return Decision::no_fault_found;
        case OutcomeCode::fixed_remotely:
        case OutcomeCode::self_resolved:
        case OutcomeCode::failure_repaired:
        case OutcomeCode::unit_replaced:
        case OutcomeCode::unrepairable:
            // There was a fault, but nobody said where: that neither confirms nor refutes.
            if (found_component.empty()) return Decision::undecided;
            return same ? Decision::confirmed : Decision::other_fault;
        case OutcomeCode::preventive_replacement:
        case OutcomeCode::customer_declined:
            return Decision::undecided;
    }
    return Decision::undecided;
}

bool physical_inspection(OutcomeCode code, std::uint32_t visit_count) {
    return visit_count > 0 && code != OutcomeCode::fixed_remotely &&
           code != OutcomeCode::self_resolved && code != OutcomeCode::customer_declined;
}

bool is_repair(OutcomeCode code, std::uint32_t visit_count) {
    // A planned replacement and a new unit end a life without a repair: they censor it.
    return visit_count > 0 &&
           (code == OutcomeCode::confirmed_fixed || code == OutcomeCode::other_fault_fixed ||
            code == OutcomeCode::failure_repaired);
}

bool replaces_part(OutcomeCode code) {
    return code == OutcomeCode::confirmed_fixed || code == OutcomeCode::other_fault_fixed ||
           code == OutcomeCode::preventive_replacement || code == OutcomeCode::failure_repaired ||
           code == OutcomeCode::unit_replaced;
}

}  // namespace aftercare::collector
