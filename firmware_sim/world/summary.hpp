// A run's figures for people, for programs and for CI servers.
#pragma once

#include <string>

#include "firmware_sim/world/run.hpp"

namespace aftercare::sim {

/// Name and value in two columns, what was expected below.
std::string summary_text(const RunSummary& summary);
/// One object in one line; rates over an empty population are null.
std::string summary_json(const RunSummary& summary);
/// One test case per expectation, and one for the invariants.
std::string summary_junit(const RunSummary& summary);

}  // namespace aftercare::sim
