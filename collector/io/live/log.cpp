#include "collector/io/live/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "collector/io/live/live_clock.hpp"
#include "common/time_text.hpp"

namespace aftercare::collector {
namespace {

std::atomic<bool> as_json = false;

spdlog::level::level_enum level_of(Severeness severeness) {
    switch (severeness) {
        case Severeness::info:
            return spdlog::level::info;
        case Severeness::warning:
            return spdlog::level::warn;
        case Severeness::error:
            return spdlog::level::err;
        case Severeness::critical:
            return spdlog::level::critical;
    }
    return spdlog::level::critical;
}

std::string json_line(spdlog::level::level_enum level, std::string_view event,
                      const std::string& message) {
    const auto name = spdlog::level::to_string_view(level);
    const nlohmann::ordered_json line{{"time", format_rfc3339(real_wall_now())},
                                      {"level", std::string(name.data(), name.size())},
                                      {"event", event},
                                      {"message", message}};
    return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void start_log(const LogConfig& config) {
    auto logger = spdlog::get("collector");
    if (!logger) logger = spdlog::stderr_logger_mt("collector");
    as_json = config.json;
    if (config.json) {
        logger->set_pattern("%v");
    } else {
        logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
    }
    logger->set_level(config.level.empty() ? spdlog::level::info
                                           : spdlog::level::from_str(config.level));
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(logger);
}

void log_event(Severeness severeness, std::string_view event, const std::string& message) {
    const auto level = level_of(severeness);
    if (!spdlog::should_log(level)) return;
    spdlog::log(level, "{}", as_json ? json_line(level, event, message) : message);
}

}  // namespace aftercare::collector
