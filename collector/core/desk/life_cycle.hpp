// Which state a ticket may go to next.
//
//   open → contacted → scheduled → in_progress → resolved → closed, each step may be skipped;
//   pending_customer and on_hold pause any open state; dismissed and merged end a ticket without a
//   repair; lapsed is the engine's end of a prediction that did not come true; resolved, closed,
//   dismissed and lapsed ones may be reopened (to `open`).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collector/core/model/ticket.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

[[nodiscard]] bool may_change(TicketState from, TicketState to);
/// "contacted, scheduled, …" or "none: a merged ticket stays merged".
[[nodiscard]] std::string allowed_next(TicketState from);

/// Nobody changed it since it was read. `what`: "ticket tk-…".  Errors: conflict.
[[nodiscard]] Status check_version(std::string_view what, std::uint32_t version,
                                   std::optional<std::uint32_t> expected);

}  // namespace aftercare::collector
