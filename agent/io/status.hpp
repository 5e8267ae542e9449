// What an agent says about itself: as one JSON object, and as the text an engineer reads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/core/agent.hpp"

namespace aftercare::agent {

/// What the agent itself does not know: the way to the broker, and when things happened here.
struct LinkStatus {
    std::string broker;                 ///< its url; empty when the agent only spools
    std::string last_failure;           ///< why the last attempt or connection ended; empty = none
    std::uint64_t failed_attempts = 0;  ///< since the last connection
    std::uint64_t next_attempt_in_ms = 0;  ///< while offline
    std::uint64_t last_ack_ago_ms = 0;     ///< UINT64_MAX = none since the start
    std::uint32_t feed_lost_count = 0;     ///< requests that no subscriber of the feed took in time
};

/// One line.  `uptime_ms` is now, on the clock of the records.
std::string status_json(const Agent& agent, const LinkStatus& link, std::uint64_t uptime_ms);

/// The same for people, several lines; the JSON itself when it is none of status_json.
std::string status_text(std::string_view json);

}  // namespace aftercare::agent
