// Lives of a component, from a fleet: from installation or the last replacement to the next one.
// Two kinds of incompleteness are kept apart: a life that still runs or ended by a preventive
// replacement is censored; a life that began before anybody watched is truncated, because had it
// ended earlier nobody would know of it.
#pragma once

#include <string>
#include <vector>

#include "collector/core/learn/fleet.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

struct PartLife {
    double entry_h = 0;  ///< age when watching began
    double exit_h = 0;   ///< age at failure, renewal or the end of watching; > entry_h
    bool failed = false;
};

/// One life per component and stretch between replacements; age is wall-clock hours. A part whose
/// age is not known (no installed_at, no replacement yet) is left out.
/// Errors: not_found when no history knows the component.
Result<std::vector<PartLife>> part_lives(const Fleet& fleet, const std::string& component);

}  // namespace aftercare::collector
