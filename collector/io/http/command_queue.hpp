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
    /// One reply per command, in order; called once all of them are stored or refused.
    using Done = std::function<void(std::vector<Result<CommandReply>>)>;

    explicit CommandQueue(std::size_t waiting_max = kCommandsWaitingMax)
        : waiting_max_(waiting_max) {}

    /// Errors: exhausted (too many waiting), unavailable (closed). `done` is then not called.
    Status submit(std::vector<Command> commands, Done done);
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
