#include "collector/io/pump.hpp"

#include "collector/io/desk_mail.hpp"

namespace aftercare::collector {
namespace {

Refusal topic_refusal(TopicFault fault) {
    switch (fault) {
        case TopicFault::not_ours:
            return {RefusalReason::bad_topic,
                    "expected aftercare/v1/{tenant}/{bucket}/{device}/up"};
        case TopicFault::bad_id:
            return {RefusalReason::bad_topic,
                    "tenant and device: 1 to 64 characters of A-Z a-z 0-9 _ -"};
        case TopicFault::wrong_bucket:
            return {RefusalReason::wrong_bucket,
                    "the bucket is CRC-32C(device id) mod 64 as two digits"};
        case TopicFault::unknown_leg:
            break;
    }
    return {RefusalReason::bad_topic, "the last level is up, down or presence"};
}

}  // namespace

std::optional<Refusal> Pump::read_presence(std::string_view payload) {
    if (payload.size() > kPresenceBytesMax) {
        return Refusal{RefusalReason::too_large, std::to_string(payload.size()) +
                                                     " bytes: at most " +
                                                     std::to_string(kPresenceBytesMax)};
    }
    auto decoded = codec_.decode_presence(std::as_bytes(std::span{payload}));
    if (!decoded) return Refusal{RefusalReason::bad_protobuf, decoded.error().message};
    presence_ = *decoded;
    return std::nullopt;
}

// Null when `topic` and, by its leg, `report_` or `presence_` hold what the message says.
std::optional<Refusal> Pump::read(std::string_view topic_text, std::string_view payload,
                                  Topic& topic) {
    const auto parsed = parse_topic(topic_text);
    if (!parsed) return topic_refusal(parsed.error());
    topic = *parsed;
    if (topic.leg == Leg::presence) return read_presence(payload);
    if (topic.leg != Leg::up) {
        return Refusal{RefusalReason::bad_topic, "reports come on the up leg"};
    }
    if (payload.size() > kReportBytesMax) {
        return Refusal{
            RefusalReason::too_large,
            std::to_string(payload.size()) + " bytes: at most " + std::to_string(kReportBytesMax)};
    }
    auto decoded = codec_.decode_report(std::as_bytes(std::span{payload}), report_);
    if (!decoded) return decoded.error();
    return std::nullopt;
}

// What a desk reported is stored or refused for good, and it is told which.
void Pump::take_outcome(const Message& message, Now now) {
    const auto refuse = [&](RefusalReason reason, const std::string& detail) {
        engine_.on_refused({reason, detail}, message.topic, message.payload, now, commit_);
    };
    const auto topic = parse_desk_topic(message.topic);
    if (!topic || topic->leg != DeskLeg::outcomes) {
        return refuse(RefusalReason::bad_topic,
                      "expected aftercare-desk/v1/{tenant}/{centre}/outcomes");
    }
    if (message.payload.size() > kDeskOutcomeBytesMax) {
        return refuse(RefusalReason::too_large, std::to_string(message.payload.size()) +
                                                    " bytes: at most " +
                                                    std::to_string(kDeskOutcomeBytesMax));
    }
    auto outcome = parse_desk_outcome(*topic, message.payload, now.wall);
    const std::string id = outcome ? outcome->outcome.id : std::string{};
    const Result<CommandReply> reply =
        outcome ? engine_.on_command(std::move(*outcome), now, commit_) : fail(outcome.error());
    if (!reply) refuse(RefusalReason::bad_outcome, reply.error().message);
    const TopicText to =
        format_desk_topic(topic->tenant.view(), topic->centre.view(), DeskLeg::receipts);
    receipts_.push_back({std::string{to.view()}, desk_receipt(id, reply), 1});
}

void Pump::take(const Message& message, Now now) {
    if (is_desk_topic(message.topic)) return take_outcome(message, now);
    Topic topic;
    if (const auto refusal = read(message.topic, message.payload, topic)) {
        engine_.on_refused(*refusal, message.topic, message.payload, now, commit_);
    } else if (topic.leg == Leg::up) {
        engine_.on_report(topic.tenant.view(), topic.device.view(), report_, message.payload, now,
                          commit_);
    } else {
        engine_.on_presence(topic.tenant.view(), topic.device.view(), presence_, message.payload,
                            now, commit_);
    }
}

Result<CommandReply> Pump::take_again(const RetryRefused& again, Now now) {
    if (is_desk_topic(again.topic)) {
        return fail(Errc::invalid,
                    "an outcome is never taken again: its desk has a receipt that says why");
    }
    Topic topic;
    if (const auto refusal = read(again.topic, again.bytes, topic)) {
        return fail(Errc::invalid,
                    std::string(to_string(refusal->reason)) + ": " + refusal->detail);
    }
    if (topic.leg != Leg::up) {
        return fail(Errc::invalid, "a presence is never taken again: the next one counts");
    }
    return engine_.on_retry(again, topic.tenant.view(), topic.device.view(), report_, now, commit_);
}

Result<CommandReply> Pump::obey(const Command& command, Now now) {
    const auto* again = std::get_if<RetryRefused>(&command);
    return again != nullptr ? take_again(*again, now) : engine_.on_command(command, now, commit_);
}

void Pump::stage(std::span<const Message> messages, std::span<PendingCommand> commands, Now now) {
    AFTERCARE_ASSERT(!stalled_);
    for (const Message& message : messages) take(message, now);
    for (PendingCommand& pending : commands) {
        auto reply = obey(pending.command, now);
        if (pending.decided) pending.decided(reply, commit_);
        replies_.emplace_back(std::move(pending.done), std::move(reply));
    }
    engine_.on_tick(now, commit_);
    engine_.finish(commit_);
}

Result<std::vector<OutgoingMessage>> Pump::run(std::span<const Message> messages,
                                               std::span<PendingCommand> commands, Now now) {
    stage(messages, commands, now);
    stalled_ = true;
    return retry();
}

Result<std::vector<OutgoingMessage>> Pump::flush() {
    AFTERCARE_ASSERT(!stalled_);
    engine_.flush(commit_);
    engine_.finish(commit_);
    stalled_ = true;
    return retry();
}

Result<std::vector<OutgoingMessage>> Pump::retry() {
    // Without rows there may still be something to count: a batch of duplicates only.
    if (!commit_.empty() || commit_.totals != stored_totals_) {
        if (auto applied = store_.apply(commit_); !applied) return fail(applied.error());
        stored_totals_ = commit_.totals;
    }
    stalled_ = false;
    std::vector<OutgoingMessage> outgoing;
    outgoing.reserve(commit_.publications.size());
    for (const Publication& publication : commit_.publications) {
        const TopicText topic = format_topic(publication.tenant, publication.device_id, Leg::down);
        const bool repeats_itself = std::holds_alternative<Ack>(publication.message);
        outgoing.push_back({std::string{topic.view()}, codec_.encode_downlink(publication.message),
                            repeats_itself ? 0 : 1});
    }
    for (const DeskMail& mail : commit_.desk_mail) {
        const TopicText topic =
            format_desk_topic(mail.ticket.tenant, mail.due.centre, DeskLeg::tickets);
        outgoing.push_back({std::string{topic.view()}, desk_text(mail), 1, mail.due});
    }
    for (OutgoingMessage& receipt : std::exchange(receipts_, {})) {
        outgoing.push_back(std::move(receipt));
    }
    commit_.clear();
    const auto replies = std::exchange(replies_, {});
    for (const auto& [done, reply] : replies) {
        if (done) done(reply);
    }
    return outgoing;
}

}  // namespace aftercare::collector
