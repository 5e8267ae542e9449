// The broker of the world: one bounded queue towards the collector, one small queue per device for
// what must not be missed while it is away. A restart loses both.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "collector/ports/source.hpp"

namespace aftercare::sim {

class Broker {
  public:
    /// A sleeping device's queue; older downlinks than these are dropped.
    static constexpr std::size_t kDownQueueMax = 100;

    Broker(std::size_t device_count, std::size_t queue_max)
        : down_(device_count), queue_max_(queue_max) {}

    /// False when the queue is full: the message is gone, the device will resend.
    bool offer_up(collector::Message message) {
        if (up_.size() >= queue_max_) return false;
        up_.push_back(std::move(message));
        return true;
    }
    void take_up(std::vector<collector::Message>& batch, std::size_t count_max) {
        batch.clear();
        while (!up_.empty() && batch.size() < count_max) {
            batch.push_back(std::move(up_.front()));
            up_.pop_front();
        }
    }
    void keep_down(std::uint32_t device, collector::Message message) {
        auto& queue = down_[device];
        if (queue.size() >= kDownQueueMax) queue.pop_front();
        queue.push_back(std::move(message));
    }
    std::deque<collector::Message> take_down(std::uint32_t device) {
        return std::exchange(down_[device], {});
    }
    void restart() {
        up_.clear();
        for (auto& queue : down_) queue.clear();
    }
    [[nodiscard]] bool idle() const { return up_.empty(); }

  private:
    std::deque<collector::Message> up_;
    std::vector<std::deque<collector::Message>> down_;
    std::size_t queue_max_;
};

}  // namespace aftercare::sim
