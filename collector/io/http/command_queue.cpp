#include "collector/io/http/command_queue.hpp"

#include <utility>

namespace aftercare::collector {
namespace {

/// Collects the replies of one submission; the engine's thread alone touches it after submission.
/// A submission is taken out of the queue as a whole, so it is in one transaction.
struct Gathering {
    std::vector<Result<CommandReply>> replies;
    std::size_t stored = 0;
    CommandQueue::Decided decided;
    CommandQueue::Done done;
};

}  // namespace

Status CommandQueue::submit(std::vector<Command> commands, Decided decided, Done done) {
    auto gathering = std::make_shared<Gathering>();
    gathering->decided = std::move(decided);
    gathering->done = std::move(done);
    const std::size_t count = commands.size();
    AFTERCARE_ASSERT(count > 0);
    gathering->replies.reserve(count);
    const std::lock_guard lock(mutex_);
    if (closed_) return fail(Errc::unavailable, "the collector is stopping");
    if (waiting_.size() + count > waiting_max_) {
        return fail(Errc::exhausted, "too many changes wait to be stored; try again in a second");
    }
    for (Command& command : commands) {
        waiting_.push_back({std::move(command),
                            [gathering, count](const Result<CommandReply>&) {
                                if (++gathering->stored == count) gathering->done();
                            },
                            [gathering, count](const Result<CommandReply>& reply, Commit& commit) {
                                gathering->replies.push_back(reply);
                                if (gathering->replies.size() < count) return;
                                gathering->decided(std::move(gathering->replies), commit);
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
