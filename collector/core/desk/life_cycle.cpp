#include "collector/core/desk/life_cycle.hpp"

#include <cstdint>

namespace aftercare::collector {
namespace {

using enum TicketState;

template <class... States>
constexpr std::uint32_t set_of(States... states) {
    return ((1U << static_cast<unsigned>(states)) | ... | 0U);
}

constexpr std::uint32_t next_states(TicketState from) {
    switch (from) {
        case open:
            return set_of(contacted, scheduled, in_progress, pending_customer, on_hold, resolved,
                          dismissed, merged);
        case contacted:
            return set_of(scheduled, in_progress, pending_customer, on_hold, resolved, dismissed,
                          merged);
        case scheduled:
            return set_of(contacted, in_progress, pending_customer, on_hold, resolved, dismissed,
                          merged);
        case in_progress:
            return set_of(scheduled, pending_customer, on_hold, resolved, dismissed);
        case pending_customer:
            return set_of(open, contacted, scheduled, in_progress, on_hold, resolved, dismissed,
                          merged);
        case on_hold:
            return set_of(open, contacted, scheduled, in_progress, pending_customer, resolved,
                          dismissed, merged);
        case resolved:
            return set_of(open, closed);
        case closed:
        case dismissed:
        case lapsed:
            return set_of(open);
        case merged:
            return 0;
    }
    return 0;
}

}  // namespace

bool may_change(TicketState from, TicketState to) {
    return (next_states(from) & set_of(to)) != 0;
}

std::string allowed_next(TicketState from) {
    std::string names;
    for (auto state = open; state <= lapsed;
         state = static_cast<TicketState>(static_cast<unsigned>(state) + 1)) {
        if (!may_change(from, state)) continue;
        if (!names.empty()) names += ", ";
        names += to_string(state);
    }
    return names.empty() ? "none: a merged ticket stays merged" : names;
}

Status check_version(std::string_view what, std::uint32_t version,
                     std::optional<std::uint32_t> expected) {
    if (!expected || *expected == version) return {};
    return fail(Errc::conflict, std::string{what} + " is at version " + std::to_string(version) +
                                    ", not " + std::to_string(*expected) + ": read it again");
}

}  // namespace aftercare::collector
