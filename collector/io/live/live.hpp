// The running collector: config, database, broker, engine thread and HTTP server wired together.
#pragma once

#include <optional>
#include <string>

#include "common/time.hpp"

namespace aftercare::collector {

/// What the command line says; a value given here wins over the config file.
struct RunOptions {
    std::string config_file;
    bool insecure_lab = false;  ///< allow an anonymous plaintext broker that is not on this machine
    std::string broker_url;
    std::string database_path;
    std::string listen;     ///< "host:port", port 0 = any free one
    std::string port_file;  ///< the port in use is written here once the server listens
    std::optional<WallTime> clock_start;
    std::optional<double> clock_speed;
    std::optional<WallTime> clock_epoch;
    bool set_aside_corrupt = false;  ///< start with a new database when the one there is damaged
    std::string log_level;           ///< "debug", "info", "warning", "error"; empty = "info"
};

/// Runs until SIGTERM or SIGINT, then drains, commits, acknowledges and closes. SIGHUP reads the
/// rule packs again.
/// Returns a sysexits code: 0 after a clean stop, 69 listening address in use, 70 a bug (the engine
/// contradicts the database), 74 database, 78 config. Thread: call once, from the main thread,
/// before any other thread exists (it masks signals).
int run_live(const RunOptions& options);

}  // namespace aftercare::collector
