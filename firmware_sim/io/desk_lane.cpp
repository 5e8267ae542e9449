#include "firmware_sim/io/desk_lane.hpp"

#include <utility>

#include "common/backoff.hpp"
#include "firmware_sim/io/desk_json.hpp"

namespace aftercare::sim {
namespace {

constexpr milliseconds kRetryBase{20};
constexpr milliseconds kRetryCap{1'000};

/// The ticket had moved on meanwhile: somebody else was quicker, as happens to people at a desk.
bool overtaken(const collector::Command& command, long status) {
    if (status == 409 || status == 412) return true;
    return status == 422 && std::holds_alternative<collector::ChangeTicket>(command);
}

}  // namespace

bool worth_a_retry(const Result<HttpReply>& reply) {
    return !reply || reply->status == 429 || reply->status >= 500;
}

std::string describe(const Result<HttpReply>& reply) {
    if (!reply) return reply.error().message;
    return "HTTP " + std::to_string(reply->status) + ": " + reply->body.substr(0, 300);
}

DeskLane::DeskLane(const std::string& api_url, const std::string& token, std::uint64_t seed)
    : session_(api_url, token), jitter_(seed), thread_([this] { work(); }) {}

DeskLane::~DeskLane() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void DeskLane::submit(collector::Command command) {
    const std::lock_guard lock(mutex_);
    if (commands_.size() >= kLaneCommandsMax) {
        refuse("the lane's own queue of " + std::to_string(kLaneCommandsMax) + " commands is full");
        return;
    }
    commands_.push_back(std::move(command));
    wake_.notify_one();
}

LaneStatistics DeskLane::statistics() const {
    const std::lock_guard lock(mutex_);
    LaneStatistics now = statistics_;
    now.waiting = commands_.size();
    return now;
}

// The command under way stays at the front until it is answered, so that it counts as waiting.
void DeskLane::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return stopping_ || !commands_.empty(); });
        if (stopping_) return;
        const collector::Command command = commands_.front();
        lock.unlock();
        send(command);
        lock.lock();
        commands_.pop_front();
    }
}

void DeskLane::send(const collector::Command& command) {
    const ApiCall call = to_api_call(command);
    Backoff backoff(kRetryBase, kRetryCap);
    Result<HttpReply> reply = session_.post(call.path, call.body);
    while (worth_a_retry(reply)) {
        if (!pause(backoff.next(jitter_))) return;
        reply = session_.post(call.path, call.body);
    }
    const std::lock_guard lock(mutex_);
    statistics_.retries += backoff.attempts();
    if (reply->status < 300) {
        ++statistics_.accepted;
    } else if (overtaken(command, reply->status)) {
        ++statistics_.conflicts;
    } else {
        refuse("POST " + call.path + " " + call.body + ": " + describe(reply));
    }
}

void DeskLane::refuse(std::string why) {
    ++statistics_.refused;
    if (statistics_.first_refusal.empty()) statistics_.first_refusal = std::move(why);
}

bool DeskLane::pause(milliseconds span) {
    std::unique_lock lock(mutex_);
    return !wake_.wait_for(lock, span, [this] { return stopping_; });
}

}  // namespace aftercare::sim
