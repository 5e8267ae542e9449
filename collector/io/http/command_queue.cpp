#include "collector/io/http/command_queue.hpp"

#include <utility>

namespace aftercare::collector {
namespace {

/// Collects the replies of one submission; the engine's thread alone touches it after submission.
struct Gathering {
    std::vector<Result<CommandReply>> replies;
    std::size_t missing;
    CommandQueue::Done done;
};

}  // namespace

Status CommandQueue::submit(std::vector<Command> commands, Done done) {
    auto gathering = std::make_shared<Gathering>();
    gathering->missing = commands.size();
    gathering->done = std::move(done);
    gathering->replies.resize(commands.size(), fail(Errc::unavailable, "not answered"));
    const std::lock_guard lock(mutex_);
    if (closed_) return fail(Errc::unavailable, "the collector is stopping");
    if (waiting_.size() + commands.size() > waiting_max_) {
        return fail(Errc::exhausted, "too many changes wait to be stored; try again in a second");
    }
    for (std::size_t i = 0; i < commands.size(); ++i) {
        waiting_.push_back({std::move(commands[i]), [gathering, i](Result<CommandReply> reply) {
                                gathering->replies[i] = std::move(reply);
                                if (--gathering->missing == 0) {
                                    gathering->done(std::move(gathering->replies));
                                }
                            }});
    }
    return {};
}

void CommandQueue::take(std::vector<PendingCommand>& commands) {
    const std::lock_guard lock(mutex_);
    for (PendingCommand& command : waiting_) commands.push_back(std::move(command));
    waiting_.clear();
}

void CommandQueue::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
}

std::size_t CommandQueue::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
}

}  // namespace aftercare::collector
