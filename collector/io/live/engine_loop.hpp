// What the engine's thread does, one turn at a time and without a clock of its own: take what
// waits, one transaction, publish. While the store refuses, nothing more is taken in: the batch is
// kept and tried again with back-off, and the pressure reaches the broker and the API. A commit
// that contradicts the database would be refused for ever: that ends the loop. Thread: one.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "collector/io/http/command_queue.hpp"
#include "collector/io/pump.hpp"
#include "common/backoff.hpp"
#include "common/rng.hpp"

namespace aftercare::collector {

class EngineLoop {
  public:
    struct Options {
        std::size_t reports_max = 1'000;
        std::size_t bytes_max = 4U * 1024 * 1024;  ///< at which the source ends a portion
        std::size_t busy_reports = 100;            ///< a turn with so many counts as busy
        std::uint64_t seed = 1;                    ///< of the retry jitter
        /// Called once per change: the store refuses, or takes commits again.
        std::function<void(bool working, const std::string& why)> on_store;
    };
    EngineLoop(Pump& pump, Source& source, CommandQueue& commands, Options options);

    enum class Turn : std::uint8_t {
        idle,     ///< nothing waited
        worked,   ///< something was stored, nothing more waits
        busy,     ///< the same, and it was much: the fleet is pouring in
        full,     ///< a full batch was stored; go on at once
        stalled,  ///< the store refuses; the batch is kept
        broken,   ///< the commit contradicts what is stored: a bug. Nothing more is done, ever
    };
    Turn turn(Now now);
    /// Before a stop, after a turn that was idle: acknowledges what is stored and was not told yet.
    Turn flush(Now now);
    /// What the store said when the loop broke; empty while it has not.
    [[nodiscard]] const std::string& broken_because() const { return broken_because_; }
    /// Messages of the last turn.
    [[nodiscard]] std::size_t taken() const { return messages_.size(); }

  private:
    void take_receipts(Now now);
    void send(OutgoingMessage message);
    Turn settle(Result<std::vector<OutgoingMessage>> outgoing, Turn done, Now now);

    Pump& pump_;
    Source& source_;
    CommandQueue& commands_;
    const Options options_;
    Rng rng_;
    Backoff backoff_;
    Instant retry_at_{};
    bool refused_ = false;
    std::string broken_because_;
    std::unordered_map<std::uint64_t, DeskDue> deliveries_;  ///< under way, by key
    std::uint64_t last_key_ = 0;
    std::vector<Message> messages_;
    std::vector<PendingCommand> pending_;
};

}  // namespace aftercare::collector
