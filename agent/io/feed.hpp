// The records of the local feed: one JSON object a line in, one JSON answer a line out.
// docs/agent-feed.md describes both sides; every refusal says what is wrong and what would be
// right. Lines about the daemon itself are FeedControl's.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/core/agent.hpp"
#include "agent/core/telemetry_kit.hpp"

namespace aftercare::agent {

inline constexpr std::size_t kFeedLineBytesMax = 16 * 1024;

/// What an appliance may drive at a time with raw signals.
inline constexpr std::uint32_t kFeedMetricsMax = 64;
inline constexpr std::uint32_t kFeedCodesMax = 64;

class Feed {
  public:
    /// Gives the agent a telemetry kit, which the agent drives.  Lifetime: the agent must outlive
    /// the feed.  Pre: `own` is sane.
    explicit Feed(Agent& agent, const TelemetrySettings& own = {});
    ~Feed();
    Feed(const Feed&) = delete;
    Feed& operator=(const Feed&) = delete;

    /// Handles one line and gives the answer without its line feed.
    std::string line(std::string_view text);

    [[nodiscard]] std::uint64_t accepted_count() const { return accepted_; }
    [[nodiscard]] std::uint64_t refused_count() const { return refused_; }

  private:
    /// Lines for the kit; empty when `kind` is none of them.
    std::optional<std::string> signal(std::string_view kind, const nlohmann::ordered_json& json);
    std::string wrong(std::string_view why);
    std::string done(const Result<void, Errc>& result, std::string_view full);

    struct alignas(std::max_align_t) Block {
        std::byte bytes[alignof(std::max_align_t)];
    };

    Agent& agent_;
    std::vector<Block> memory_;
    TelemetryKit* kit_ = nullptr;
    std::uint64_t accepted_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace aftercare::agent
