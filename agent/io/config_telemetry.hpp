// [telemetry] of agent.toml: what the telemetry kit does until the collector's settings say
// otherwise.
#pragma once

#include <string>

#include "agent/io/config_table.hpp"
#include "common/telemetry_settings.hpp"

namespace aftercare::agent {

/// The first mistake goes to `wrong`, complete with file, line, key and what is allowed.
TelemetrySettings read_telemetry(const std::string& file, const toml::table& root,
                                 std::string& wrong);

}  // namespace aftercare::agent
