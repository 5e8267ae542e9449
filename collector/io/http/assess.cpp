#include <cstdio>

#include "collector/io/http/figures.hpp"

namespace aftercare::collector {
namespace {

Condition judge(std::string_view name, bool met, std::string why) {
    return {.name = name, .met = met, .why = met ? std::string{} : std::move(why)};
}

std::string seconds_text(double seconds) {
    char text[32];
    std::snprintf(text, sizeof text, "%.0f s", seconds);
    return text;
}

Condition judge_store(const LiveFigures& f) {
    if (!f.store_error.empty()) return judge("store", false, f.store_error);
    return judge("store", f.turn_seconds <= kTurnSecondsMax,
                 "a commit has been under way for " + seconds_text(f.turn_seconds) +
                     "; the disk hangs or another program holds the database");
}

Condition judge_queue(const LiveFigures& f) {
    const std::size_t waiting = f.queue_reports + f.commands_waiting;
    return judge("queue", waiting == 0 || f.progress_seconds <= kTurnSecondsMax,
                 std::to_string(waiting) + " messages wait and none was taken in for " +
                     seconds_text(f.progress_seconds));
}

}  // namespace

std::vector<Condition> assess(const LiveFigures& f) {
    return {
        judge("warm_start", f.warm, "the devices' state is being read from the database"),
        judge("broker", f.broker_connected,
              f.broker_trouble.empty() ? "not connected and subscribed yet" : f.broker_trouble),
        judge("disk", f.disk.trouble.empty(), f.disk.trouble),
        judge_store(f),
        judge_queue(f),
        judge("running", !f.stopping, "stopping: nothing more is taken in"),
    };
}

}  // namespace aftercare::collector
