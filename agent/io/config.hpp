// agent.toml: every mistake names file, line, key and what is allowed.
#pragma once

#include <filesystem>

#include "agent/io/host.hpp"
#include "common/telemetry_settings.hpp"

namespace aftercare::agent {

struct DaemonConfig {
    std::string tenant;
    std::string device_id;
    std::string model;
    std::string firmware;
    HostOptions host;             ///< its texts point into this struct: keep it where it is
    TelemetrySettings telemetry;  ///< of the kit behind the feed
    std::filesystem::path socket;
};

/// Errors: invalid (the message is complete), unavailable (a file cannot be read).
Result<std::unique_ptr<DaemonConfig>> load_config(const std::filesystem::path& path);

}  // namespace aftercare::agent
