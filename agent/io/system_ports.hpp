// Clock and entropy of a Linux machine as ports.
#pragma once

#include "agent/ports/ports.hpp"

namespace aftercare::agent {

/// Uptime counts from the construction: one start of the agent is one boot. The wall clock counts
/// as `synced` while the kernel says so (adjtimex), else as `set_by_user`, and as `unknown` before
/// 2020.
class SystemClock {
  public:
    SystemClock();
    [[nodiscard]] ClockPort port();
    [[nodiscard]] std::uint64_t uptime_ms() const { return monotonic_ms() - started_ms_; }
    /// CLOCK_MONOTONIC in milliseconds.
    static std::uint64_t monotonic_ms();

  private:
    std::uint64_t started_ms_;
};

/// getrandom(2); no context.
EntropyPort system_entropy();

}  // namespace aftercare::agent
