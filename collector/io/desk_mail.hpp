// What goes over the desk topics, as JSON: docs/desk-topics.md.
#pragma once

#include <string>
#include <string_view>

#include "collector/core/commands.hpp"
#include "common/topic.hpp"

namespace aftercare::collector {

inline constexpr std::size_t kDeskOutcomeBytesMax = std::size_t{64} * 1024;

/// The ticket as the API shows it; to a centre that it left only its id and version.
std::string desk_text(const DeskMail& mail);
/// A body of POST /api/v1/outcomes.  Errors: invalid, naming the member; of another tenant or
/// centre than the topic's.
Result<SubmitOutcome> parse_desk_outcome(const DeskTopic& topic, std::string_view text,
                                         WallTime now);
/// What became of an outcome: the reply of the API, or its problem. `id`: empty when it has none.
std::string desk_receipt(const std::string& id, const Result<CommandReply>& reply);

}  // namespace aftercare::collector
