// What the running collector tells its operator: one line an event, on stderr, as text or as JSON.
// Event names are stable, for whoever counts them; secrets never get here, because no line holds
// more of the config than paths and addresses. Thread: any, after `start_log`.
#pragma once

#include <string>
#include <string_view>

namespace aftercare::collector {

struct LogConfig {
    bool json = false;
    std::string level;  ///< "debug", "info", "warning", "error"; empty = "info"
};

enum class Severeness : unsigned char { info, warning, error, critical };

/// May be called again: the config is read after the first lines are told.
void start_log(const LogConfig& config);
void log_event(Severeness severeness, std::string_view event, const std::string& message);

}  // namespace aftercare::collector
