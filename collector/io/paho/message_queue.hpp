// The bounded door between the broker's thread and the engine's. When it is full the pusher waits:
// the broker's callback stops, TCP fills up, the broker holds the rest. Nothing is dropped.
//
// Thread: any number of pushers and poppers.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "collector/ports/source.hpp"

namespace aftercare::collector {

class MessageQueue {
  public:
    struct Limits {
        std::size_t messages_max = 20'000;
        std::size_t bytes_max = 64U * 1024 * 1024;
        std::size_t portion_bytes_max = 4U * 1024 * 1024;  ///< of one `pop`
    };
    struct Depth {
        std::size_t messages = 0;
        std::size_t bytes = 0;
        std::uint64_t waits = 0;  ///< pushes that found it full
    };

    explicit MessageQueue(Limits limits) : limits_(limits) {}

    /// Waits while full; one message larger than the byte limit passes alone. After `close` it
    /// returns false at once: whoever sent the message still holds it, because no ack was given.
    bool push(Message message);
    /// Moves up to `count_max` messages to the end of `messages`, waiting at most `wait` for the
    /// first. The message that reaches `portion_bytes_max` is the last one.
    void pop(std::vector<Message>& messages, std::size_t count_max, milliseconds wait);
    /// From here on every pusher waits, whatever room there is, until `close`; what is inside can
    /// still be popped.
    void hold();
    void close();
    [[nodiscard]] Depth depth() const;

  private:
    [[nodiscard]] bool has_room_for(std::size_t bytes) const;

    const Limits limits_;
    mutable std::mutex mutex_;
    std::condition_variable room_;
    std::condition_variable filled_;
    std::deque<Message> waiting_;
    std::size_t bytes_ = 0;
    std::uint64_t waits_ = 0;
    bool held_ = false;
    bool closed_ = false;
};

}  // namespace aftercare::collector
