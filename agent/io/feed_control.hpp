// The lines of the feed that concern the daemon and not the records: status, the network, and what
// the collector asks of the appliance's software. Thread: that of the agent.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "agent/core/agent.hpp"

namespace aftercare::agent {

class FeedControl {
  public:
    using Emit = std::function<void(std::string)>;

    /// `emit` gets each request as a line for the subscribers, without line feed.
    explicit FeedControl(Emit emit) : emit_(std::move(emit)) {}
    FeedControl(const FeedControl&) = delete;
    FeedControl& operator=(const FeedControl&) = delete;

    /// Notices, self-test requests and consent queries.  Lifetime: this must outlive the agent.
    [[nodiscard]] HandlerPort handler();

    struct Reply {
        std::string line;
        std::optional<bool> subscribe;  ///< the client wants requests from now on, or no more
    };
    /// Answers the line when it is one of these; empty when it is a matter for the Feed.
    std::optional<Reply> line(std::string_view text, Agent& agent,
                              const std::function<std::string()>& status);

  private:
    Emit emit_;
};

}  // namespace aftercare::agent
