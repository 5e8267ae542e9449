// Ids of tickets and trials that a replay or a second owner of the device makes alike.
#pragma once

#include <string>
#include <string_view>

#include "common/time.hpp"

namespace aftercare::collector {

/// "T" and 12 characters of Crockford base32 (no I, L, O, U) from the upper 60 bits of Hash64 over
/// tenant, device, failure mode (each ended by a zero byte) and the start of the episode.
std::string ticket_id(std::string_view tenant, std::string_view device_id,
                      std::string_view failure_mode, WallTime episode_start);

/// "R" and the same hash over tenant, device, rule ("id@version") and the start of the episode.
std::string trial_id(std::string_view tenant, std::string_view device_id, std::string_view rule,
                     WallTime episode_start);

/// "P" and the same hash over tenant, rule id, model with firmware, and the beginning.
std::string problem_id(std::string_view tenant, std::string_view rule_id, std::string_view model,
                       std::string_view firmware, WallTime started_at);

}  // namespace aftercare::collector
