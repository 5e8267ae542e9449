// The records of the local feed: one JSON object a line in, one JSON answer a line out.
// docs/agent-feed.md describes both sides; every refusal says what is wrong and what would be
// right. Lines about the daemon itself are FeedControl's.
#pragma once

#include <string>
#include <string_view>

#include "agent/core/agent.hpp"
#include "agent/core/window.hpp"

namespace aftercare::agent {

inline constexpr std::size_t kFeedLineBytesMax = 16 * 1024;

class Feed {
  public:
    /// Lifetime: the agent must outlive the feed.  `now_ms` is the uptime that windows run on.
    Feed(Agent& agent, std::uint64_t now_ms) : agent_(agent), window_began_ms_(now_ms) {}

    /// Handles one line and gives the answer without its line feed.
    std::string line(std::string_view text);
    /// Ends the reading window when its time has come.
    void tick(std::uint64_t now_ms);
    [[nodiscard]] std::uint64_t next_tick_ms() const;
    /// Ends the window whatever its age; before shutdown.
    void finish(std::uint64_t now_ms);

    [[nodiscard]] std::uint64_t accepted_count() const { return accepted_; }
    [[nodiscard]] std::uint64_t refused_count() const { return refused_; }

  private:
    Agent& agent_;
    ReadingWindow window_;
    std::uint64_t window_began_ms_;
    std::uint64_t accepted_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace aftercare::agent
