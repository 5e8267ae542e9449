// JSON bodies of the desk's actions to commands. One action reads the same alone and among many.
//
//   transition  {"to": state, "at": time?, "why": text?}     why is needed to dismiss
//   assign      {"assignee": text, "why": text?}             "" = nobody
//   escalate    {"level": 0..3, "why": text}
//   comment     {"text": text}
//   route       {"centre": id?, "why": text?}                without centre: by the rules
//   merge       {"into": ticket id, "why": text?}
#pragma once

#include <string>
#include <vector>

#include "collector/io/text/json.hpp"

namespace aftercare::collector {

inline constexpr std::size_t kDeskBulkMax = 500;

/// What the caller knows beside the body.
struct DeskActionContext {
    std::string ticket_id{};
    std::string action{};
    std::optional<std::uint32_t> version{};
    std::string who{};
    Scope scope{};
    WallTime now{};
};
/// Errors: invalid, naming the member.
Result<Command> parse_desk_action(const Json& json, const DeskActionContext& context);

struct DeskBulk {
    std::vector<Command> commands;
    std::vector<std::string> ids;  ///< their tickets
};
/// {"action": name, "ids": [ticket id …], …members of the action} for one and the same, or
/// {"items": [{"id": ticket id, "action": name, "version": n?, …members} …]}.
/// Errors: as above, with the index of the item; nothing is taken then. exhausted: too many.
Result<DeskBulk> parse_desk_bulk(const Json& json, const DeskActionContext& context);

}  // namespace aftercare::collector
