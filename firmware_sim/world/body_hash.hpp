// A short hash of what a record says, without its place in the stream: the same for the record that
// an agent was given and the one that a database gives back.
#pragma once

#include <cstdint>

#include "common/telemetry.hpp"

namespace aftercare::sim {

/// 31 bits, never 0.
std::uint32_t body_hash(const Record& record);

}  // namespace aftercare::sim
