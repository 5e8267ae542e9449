// Recorded histories as the commands that learn take them.
#pragma once

#include <string>
#include <vector>

#include "collector/cli/shell.hpp"
#include "collector/core/learn/history.hpp"

namespace aftercare::collector {

/// Reads trace folders; rows left out are told on `err`.  Errors: as read_trace.
Result<std::vector<History>> read_histories(Shell& shell, const std::vector<std::string>& folders);

}  // namespace aftercare::collector
