// The audit at the end of a run: every stored record goes to the oracle, and the database must be
// sound by its own `verify`.
#pragma once

#include <string>

#include "collector/io/sqlite/verify.hpp"
#include "common/result.hpp"
#include "firmware_sim/world/oracle.hpp"

namespace aftercare::sim {

/// Errors: unavailable, corrupt (a raw report that does not decode). What is wrong inside becomes a
/// violation.
Status check_database(const std::string& path, const collector::VerifyKnowledge& knowledge,
                      Oracle& oracle);

}  // namespace aftercare::sim
