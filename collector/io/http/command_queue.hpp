// The bounded way from the API to the engine. A full queue refuses, so that a stalled store shows
// up as 503 at the caller instead of growing memory. Thread: any.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "collector/io/pump.hpp"

namespace aftercare::collector {

inline constexpr std::size_t kCommandsWaitingMax = 20'000;

class CommandQueue {
  public:
    /// Called once all commands of a submission are stored or refused.
    using Done = std::function<void()>;
    /// The replies as decided, before they are stored: what it adds to the commit is stored with
    /// them.
    using Decided = std::function<void(std::vector<Result<CommandReply>>, Commit&)>;

    explicit CommandQueue(std::size_t waiting_max = kCommandsWaitingMax)
        : waiting_max_(waiting_max) {}

    /// `decided` gets one reply per command, in order. Pre: there are commands.
    /// Errors: exhausted (too many waiting), unavailable (closed). Nothing is then called.
    Status submit(std::vector<Command> commands, Decided decided, Done done);
    /// Moves what waits to the end of `commands`.
    void take(std::vector<PendingCommand>& commands);
    /// Further submissions are refused.
    void close();
    [[nodiscard]] std::size_t waiting() const;

  private:
    const std::size_t waiting_max_;
    mutable std::mutex mutex_;
    std::vector<PendingCommand> waiting_;
    bool closed_ = false;
};

}  // namespace aftercare::collector
