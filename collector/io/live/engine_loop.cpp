#include "collector/io/live/engine_loop.hpp"

#include <utility>

namespace aftercare::collector {
namespace {

constexpr milliseconds kRetryBase{100};
constexpr milliseconds kRetryCap{5'000};

}  // namespace

EngineLoop::EngineLoop(Pump& pump, Source& source, CommandQueue& commands, Options options)
    : pump_(pump),
      source_(source),
      commands_(commands),
      options_(std::move(options)),
      rng_(options_.seed),
      backoff_(kRetryBase, kRetryCap) {}

EngineLoop::Turn EngineLoop::turn(Now now) {
    if (!broken_because_.empty()) return Turn::broken;
    if (pump_.stalled()) {
        if (now.instant < retry_at_) return Turn::stalled;
        return settle(pump_.retry(), Turn::worked, now);
    }
    take_receipts(now);
    source_.poll(messages_, options_.reports_max, milliseconds{0});
    pending_.clear();
    commands_.take(pending_);
    const bool idle = messages_.empty() && pending_.empty();
    std::size_t bytes = 0;
    for (const Message& message : messages_) bytes += message.topic.size() + message.payload.size();
    const bool full = messages_.size() >= options_.reports_max || bytes >= options_.bytes_max;
    const Turn done = full                                        ? Turn::full
                      : messages_.size() >= options_.busy_reports ? Turn::busy
                      : idle                                      ? Turn::idle
                                                                  : Turn::worked;
    // Without input too: lazy acks fall due and tickets lapse by time alone.
    return settle(pump_.run(messages_, pending_, now), done, now);
}

EngineLoop::Turn EngineLoop::flush(Now now) {
    return settle(pump_.flush(), Turn::idle, now);
}

EngineLoop::Turn EngineLoop::settle(Result<std::vector<OutgoingMessage>> outgoing, Turn done,
                                    Now now) {
    const bool working = outgoing.has_value();
    if (refused_ == working && options_.on_store) {
        options_.on_store(working,
                          working ? "the store takes commits again" : outgoing.error().message);
    }
    refused_ = !working;
    if (!working && outgoing.error().code == Errc::conflict) {
        broken_because_ = outgoing.error().message;
        return Turn::broken;
    }
    if (!working) {
        retry_at_ = now.instant + backoff_.next(rng_);
        return Turn::stalled;
    }
    backoff_.reset();
    for (OutgoingMessage& message : *outgoing) send(std::move(message));
    return done;
}

void EngineLoop::send(OutgoingMessage message) {
    if (message.due.ticket_id.empty()) {
        return source_.publish(message.topic, message.payload, message.qos);
    }
    deliveries_.emplace(++last_key_, std::move(message.due));
    source_.deliver(last_key_, message.topic, message.payload);
}

void EngineLoop::take_receipts(Now now) {
    for (const Source::Receipt& receipt : source_.take_receipts()) {
        const auto found = deliveries_.extract(receipt.key);
        if (!found.empty()) pump_.on_receipt(found.mapped(), receipt.taken, now);
    }
}

}  // namespace aftercare::collector
