#include "collector/core/learn/history.hpp"

#include <algorithm>

namespace aftercare::collector {

std::optional<WallTime> History::telemetry_begin() const {
    std::optional<WallTime> begin;
    for (const auto& reading : readings) begin = std::min(begin.value_or(reading.at), reading.at);
    for (const auto& fault : faults) begin = std::min(begin.value_or(fault.at), fault.at);
    return begin;
}

WallTime History::end() const {
    WallTime end = watched_to;
    for (const auto& reading : readings) end = std::max(end, reading.at);
    for (const auto& fault : faults) end = std::max(end, fault.at);
    for (const auto& outcome : outcomes) end = std::max(end, outcome.at);
    return end;
}

}  // namespace aftercare::collector
