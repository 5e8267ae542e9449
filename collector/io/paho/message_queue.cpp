#include "collector/io/paho/message_queue.hpp"

#include <utility>

namespace aftercare::collector {
namespace {

std::size_t size_of(const Message& message) {
    return message.topic.size() + message.payload.size();
}

}  // namespace

bool MessageQueue::has_room_for(std::size_t bytes) const {
    return !held_ && (waiting_.empty() || (waiting_.size() < limits_.messages_max &&
                                           bytes_ + bytes <= limits_.bytes_max));
}

bool MessageQueue::push(Message message) {
    const std::size_t bytes = size_of(message);
    {
        std::unique_lock lock(mutex_);
        if (!closed_ && !has_room_for(bytes)) {
            ++waits_;
            room_.wait(lock, [&] { return closed_ || has_room_for(bytes); });
        }
        if (closed_) return false;
        bytes_ += bytes;
        waiting_.push_back(std::move(message));
    }
    filled_.notify_one();
    return true;
}

void MessageQueue::pop(std::vector<Message>& messages, std::size_t count_max, milliseconds wait) {
    {
        std::unique_lock lock(mutex_);
        filled_.wait_for(lock, wait, [&] { return closed_ || !waiting_.empty(); });
        std::size_t moved_bytes = 0;
        for (std::size_t i = 0; i < count_max && !waiting_.empty(); ++i) {
            if (moved_bytes >= limits_.portion_bytes_max) break;
            const std::size_t size = size_of(waiting_.front());
            moved_bytes += size;
            bytes_ -= size;
            messages.push_back(std::move(waiting_.front()));
            waiting_.pop_front();
        }
    }
    room_.notify_all();
}

void MessageQueue::hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
}

void MessageQueue::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    room_.notify_all();
    filled_.notify_all();
}

MessageQueue::Depth MessageQueue::depth() const {
    const std::lock_guard lock(mutex_);
    return {waiting_.size(), bytes_, waits_};
}

}  // namespace aftercare::collector
