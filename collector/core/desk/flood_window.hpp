// The devices that came within a span of time, each once, with its latest moment. What it holds
// follows from the moments alone, not from the order in which they were told nor from when it was
// asked: so batches, restarts and ticks change nothing.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "collector/core/model/ticket.hpp"

namespace aftercare::collector {

class FloodWindow {
  public:
    void note(WallTime at, DeviceNo no) {
        const auto [known, added] = latest_.try_emplace(no, at);
        if (!added) {
            if (known->second >= at) return;
            by_time_.erase({known->second, no});
            known->second = at;
        }
        by_time_.insert({at, no});
    }
    /// Forgets what is `span` old at `now`. Returns the moment at which fewer than `floor` were
    /// left, if that came to pass.
    std::optional<WallTime> advance(WallTime now, milliseconds span, std::size_t floor) {
        std::optional<WallTime> fell_at;
        while (!by_time_.empty() && by_time_.begin()->first + span <= now) {
            const auto [at, no] = *by_time_.begin();
            by_time_.erase(by_time_.begin());
            latest_.erase(no);
            if (!fell_at && by_time_.size() < floor) fell_at = at + span;
        }
        return fell_at;
    }
    void clear() {
        by_time_.clear();
        latest_.clear();
    }
    [[nodiscard]] std::size_t count() const { return by_time_.size(); }
    [[nodiscard]] bool empty() const { return by_time_.empty(); }
    /// Pre: not empty.
    [[nodiscard]] WallTime oldest_at() const { return by_time_.begin()->first; }
    [[nodiscard]] WallTime newest_at() const { return by_time_.rbegin()->first; }
    [[nodiscard]] const std::map<DeviceNo, WallTime>& devices() const { return latest_; }

  private:
    std::set<std::pair<WallTime, DeviceNo>> by_time_;
    std::map<DeviceNo, WallTime> latest_;
};

}  // namespace aftercare::collector
