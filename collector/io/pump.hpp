// The shell of the engine without threads: decodes a batch, steps the engine, stores the commit,
// and only then lets publications out. The live program and the simulated world run this same code.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "collector/core/engine.hpp"
#include "collector/ports/source.hpp"
#include "collector/ports/store.hpp"
#include "common/topic.hpp"
#include "proto/codec.hpp"

namespace aftercare::collector {

struct OutgoingMessage {
    std::string topic;
    std::string payload;
    int qos = 0;
    DeskDue due{};  ///< what a delivery settles; without a ticket id it is none
};

/// A command with the promise to answer it once it is stored.
struct PendingCommand {
    Command command;
    std::function<void(Result<CommandReply>)> done;
    /// Called before that, once the engine has decided: may add to what is stored with it.
    std::function<void(const Result<CommandReply>&, Commit&)> decided{};
};

class Pump {
  public:
    Pump(Engine& engine, Store& store)
        : engine_(engine), store_(store), stored_totals_(engine.statistics().totals) {}

    /// One batch = one transaction. On success the messages to publish; the commands' `done` have
    /// run. Errors: of Store::apply. The batch is then kept: call `retry` until it succeeds, and
    /// take nothing else before (back-pressure).
    Result<std::vector<OutgoingMessage>> run(std::span<const Message> messages,
                                             std::span<PendingCommand> commands, Now now);
    Result<std::vector<OutgoingMessage>> retry();
    /// Before a stop: the acks and presences that still waited for company.  Pre: not stalled.
    Result<std::vector<OutgoingMessage>> flush();
    [[nodiscard]] bool stalled() const { return stalled_; }

    /// The broker has what a message of `run` was due for, or it was given up. Part of the next
    /// transaction.  Pre: not stalled.
    void on_receipt(const DeskDue& due, bool taken, Now now) {
        engine_.on_desk_receipt(due, taken, now, commit_);
    }

    /// Everything up to, but not including, Store::apply: the point at which a simulated kill
    /// strikes.
    void stage(std::span<const Message> messages, std::span<PendingCommand> commands, Now now);

  private:
    std::optional<Refusal> read(std::string_view topic_text, std::string_view payload,
                                Topic& topic);
    std::optional<Refusal> read_presence(std::string_view payload);
    void take(const Message& message, Now now);
    void take_outcome(const Message& message, Now now);
    Result<CommandReply> take_again(const RetryRefused& again, Now now);
    Result<CommandReply> obey(const Command& command, Now now);

    Engine& engine_;
    Store& store_;
    proto::Codec codec_;
    Report report_;
    Presence presence_;
    Commit commit_;
    Totals stored_totals_;
    std::vector<std::pair<std::function<void(Result<CommandReply>)>, Result<CommandReply>>>
        replies_;
    std::vector<OutgoingMessage> receipts_;  ///< to the desks, after the transaction
    bool stalled_ = false;
};

}  // namespace aftercare::collector
