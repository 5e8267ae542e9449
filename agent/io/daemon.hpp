// The loop of aftercare-agent: feed, link, reading windows, signals, systemd, in one thread.
#pragma once

#include <chrono>

#include "agent/io/config.hpp"

namespace aftercare::agent {

struct DaemonOptions {
    bool feed_stdin = false;  ///< and stop at its end
    std::chrono::milliseconds linger{
        10'000};  ///< wait this long for acknowledgements when stopping
};

/// Runs until SIGTERM, SIGINT or the end of stdin.  Gives what went wrong before it could run.
Status run_daemon(DaemonConfig& config, const DaemonOptions& options);

/// Asks a running agent for its status.  Errors: unavailable (nobody listens there).
Result<std::string> ask_status(const std::filesystem::path& socket);

}  // namespace aftercare::agent
