// Where telemetry and presence come from and downlinks go to.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "collector/core/commit.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

struct Message {
    std::string topic;
    std::string payload;
};

class Source {
  public:
    virtual ~Source() = default;
    /// Moves up to `count_max` waiting messages into `messages` (cleared first), in order per
    /// device. Waits at most `wait` for the first. A full queue behind it stops reading: nothing is
    /// dropped. After a start every presence that is retained comes too, once.
    virtual void poll(std::vector<Message>& messages, std::size_t count_max, milliseconds wait) = 0;
    /// Sends an encoded downlink, QoS 0 for acks and 1 for the rest. Never blocks for long; a lost
    /// ack costs a resend.
    virtual void publish(const std::string& topic, const std::string& payload, int qos) = 0;
    /// The same at QoS 1, with word back once the broker has it, or that it was given up. `key` is
    /// the caller's, from 1 on. No word comes of what was under way when the program ended.
    virtual void deliver(std::uint64_t key, const std::string& topic,
                         const std::string& payload) = 0;
    struct Receipt {
        std::uint64_t key = 0;
        bool taken = false;
    };
    /// Word that came since the last call.
    virtual std::vector<Receipt> take_receipts() = 0;
    [[nodiscard]] virtual bool connected() const = 0;
};

}  // namespace aftercare::collector
