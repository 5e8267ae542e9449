// Scenarios as TOML (docs/simulator.md).
#pragma once

#include <string>
#include <string_view>

#include "common/result.hpp"
#include "firmware_sim/model/scenario.hpp"

namespace aftercare::sim {

/// Errors: not_found; invalid, listing every mistake as "file:line:column: key, what is allowed".
Result<Scenario> load_scenario(const std::string& path);
/// `file` names the text in messages; relative paths inside count from its folder.
Result<Scenario> parse_scenario(std::string_view text, const std::string& file);

/// Every figure that `[expect]` may name, beside "kpi.<id>".
std::span<const std::string_view> expectable_figures();

}  // namespace aftercare::sim
