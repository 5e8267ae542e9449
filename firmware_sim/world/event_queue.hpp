// What happens when: a heap ordered by time, and by number among equals, so that order never
// depends on anything but the history itself. And the pool in which messages wait for their event.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "collector/ports/source.hpp"
#include "common/time.hpp"

namespace aftercare::sim {

enum class EventKind : std::uint8_t {
    wake,            ///< of a device: feed or agent has something to do
    connected,       ///< a connection attempt ends well …
    connect_failed,  ///< … or not
    arrive_up,       ///< at the broker
    arrive_down,     ///< at the device
    partition_begins,
    partition_ends,
    power_fails,
    power_returns,
    broker_restarts,
    garbage,            ///< a broken message under a device's name
    collect,            ///< the collector takes a batch
    collector_returns,  ///< after a death
    desk,
    day,  ///< progress
};

struct Event {
    WallTime at{};
    std::uint64_t number = 0;
    EventKind kind{};
    std::uint32_t device = 0;
    std::uint32_t slot = 0;  ///< message in the pool, or session number
};

class EventQueue {
  public:
    void add(WallTime at, EventKind kind, std::uint32_t device = 0, std::uint32_t slot = 0) {
        heap_.push_back({at, next_number_++, kind, device, slot});
        std::push_heap(heap_.begin(), heap_.end(), later);
    }
    [[nodiscard]] bool empty() const { return heap_.empty(); }
    [[nodiscard]] const Event& next() const { return heap_.front(); }
    Event take() {
        std::pop_heap(heap_.begin(), heap_.end(), later);
        const Event event = heap_.back();
        heap_.pop_back();
        return event;
    }

  private:
    static bool later(const Event& a, const Event& b) {
        return a.at != b.at ? a.at > b.at : a.number > b.number;
    }
    std::vector<Event> heap_;
    std::uint64_t next_number_ = 0;
};

class MessagePool {
  public:
    std::uint32_t keep(collector::Message message) {
        if (free_.empty()) {
            slots_.push_back(std::move(message));
            return static_cast<std::uint32_t>(slots_.size() - 1);
        }
        const std::uint32_t slot = free_.back();
        free_.pop_back();
        slots_[slot] = std::move(message);
        return slot;
    }
    collector::Message take(std::uint32_t slot) {
        free_.push_back(slot);
        return std::move(slots_[slot]);
    }

  private:
    std::vector<collector::Message> slots_;
    std::vector<std::uint32_t> free_;
};

}  // namespace aftercare::sim
