// A source within the process, with the bounded queue of the real one and a link that can be cut.
// Held to the same contract test. Thread: `send` from any, the rest from the engine's.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>

#include "collector/io/paho/message_queue.hpp"
#include "collector/ports/source.hpp"

namespace aftercare::collector::testing {

class MemorySource final : public Source {
  public:
    explicit MemorySource(MessageQueue::Limits limits) : queue_(limits) {}
    ~MemorySource() override { queue_.close(); }

    void poll(std::vector<Message>& messages, std::size_t count_max, milliseconds wait) override {
        messages.clear();
        send_postponed();
        queue_.pop(messages, count_max, wait);
    }
    void publish(const std::string& topic, const std::string& payload, int qos) override {
        send_postponed();
        if (up_) {
            const std::lock_guard lock(mutex_);
            published_.push_back({topic, payload});
        } else if (qos > 0) {
            postponed_.push_back({topic, payload});
        }
    }
    void deliver(std::uint64_t key, const std::string& topic, const std::string& payload) override {
        publish(topic, payload, 1);
        const std::lock_guard lock(mutex_);
        if (up_) {
            receipts_.push_back({key, true});
        } else {
            unanswered_.push_back(key);
        }
    }
    std::vector<Receipt> take_receipts() override {
        send_postponed();
        const std::lock_guard lock(mutex_);
        return std::exchange(receipts_, {});
    }
    [[nodiscard]] bool connected() const override { return up_; }

    /// Waits while the queue is full.
    void send(Message message) { queue_.push(std::move(message)); }
    void set_link(bool up) { up_ = up; }
    [[nodiscard]] std::vector<Message> published() const {
        const std::lock_guard lock(mutex_);
        return published_;
    }

  private:
    void send_postponed() {
        const std::lock_guard lock(mutex_);
        for (; up_ && !postponed_.empty(); postponed_.pop_front()) {
            published_.push_back(postponed_.front());
        }
        for (; up_ && !unanswered_.empty(); unanswered_.pop_front()) {
            receipts_.push_back({unanswered_.front(), true});
        }
    }

    MessageQueue queue_;
    std::atomic<bool> up_ = true;
    mutable std::mutex mutex_;
    std::vector<Message> published_;
    std::deque<Message> postponed_;
    std::vector<Receipt> receipts_;
    std::deque<std::uint64_t> unanswered_;
};

}  // namespace aftercare::collector::testing
