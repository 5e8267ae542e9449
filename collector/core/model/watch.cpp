#include "collector/core/model/watch.hpp"

#include <array>

#include "collector/core/model/text.hpp"

namespace aftercare::collector {
namespace {

constexpr std::array<std::string_view, 4> kStates{"watching", "verified", "not_verified",
                                                  "returned"};

}  // namespace

std::string_view to_string(WatchState state) {
    return name_in(kStates, state);
}
std::optional<WatchState> parse_watch_state(std::string_view text) {
    return member_in<WatchState>(kStates, text);
}

bool claims_fix(const Ticket& ticket) {
    if (!ticket.outcome) return ticket.self_service;
    switch (*ticket.outcome) {
        case OutcomeCode::confirmed_fixed:
        case OutcomeCode::other_fault_fixed:
        case OutcomeCode::fixed_remotely:
        case OutcomeCode::self_resolved:
        case OutcomeCode::preventive_replacement:
        case OutcomeCode::failure_repaired:
        case OutcomeCode::unit_replaced:
            return true;
        case OutcomeCode::no_fault_found:
        case OutcomeCode::unrepairable:
        case OutcomeCode::customer_declined:
            return false;
    }
    return false;
}

}  // namespace aftercare::collector
