// The link side of an agent: when to connect, what is in flight, what to send again and when. It
// decides by link time alone and holds no records: those stay in the spool.
#pragma once

#include <array>
#include <cstdint>

#include "agent/core/agent.hpp"
#include "agent/core/spool_format.hpp"
#include "common/backoff.hpp"

namespace aftercare::agent {

inline constexpr std::uint64_t kNever = UINT64_MAX;

/// A report handed to the transport and not acknowledged yet.
struct InFlight {
    SpoolSeq first = 0;
    SpoolSeq last = 0;
    std::uint32_t record_count = 0;
    std::uint32_t attempts = 0;
    std::uint64_t resend_at_ms = 0;  ///< 0 = at once
};

/// Reports in flight of one lane, oldest first.
class SendWindow {
  public:
    [[nodiscard]] std::uint32_t size() const { return count_; }
    [[nodiscard]] InFlight& operator[](std::uint32_t i) { return reports_[i]; }
    [[nodiscard]] const InFlight& operator[](std::uint32_t i) const { return reports_[i]; }
    [[nodiscard]] SpoolSeq sent_through(SpoolSeq acked) const {
        return count_ == 0 ? acked : reports_[count_ - 1].last;
    }
    [[nodiscard]] std::uint32_t record_count() const;
    /// Pre: i <= size(); at size() it is one more.
    void put(std::uint32_t i, const InFlight& report) {
        reports_[i] = report;
        if (i == count_) ++count_;
    }
    /// Drops what is acknowledged; a report in the middle keeps its rest.
    void acked(SpoolSeq through);
    /// Everything is to be sent again on the next connection.
    void resend_all();
    /// A report that turned out to hold nothing any more.
    void remove(std::uint32_t i);
    [[nodiscard]] std::uint64_t next_resend_ms() const;

  private:
    std::array<InFlight, kReportsInFlightMax> reports_{};
    std::uint32_t count_ = 0;
};

/// Metered links: so many bytes a day, saved up over at most a day. Urgent reports are charged but
/// never held back; bulk waits until the balance is paid off.
class ByteBudget {
  public:
    ByteBudget(std::uint32_t bytes_per_day, std::uint64_t now_ms)
        : per_day_(bytes_per_day), level_(kDayMs * bytes_per_day), at_ms_(now_ms) {}

    void spend(std::size_t bytes, std::uint64_t now_ms);
    /// Link time from which bulk may go; 0 = now.
    [[nodiscard]] std::uint64_t ready_ms() const;

  private:
    static constexpr std::int64_t kDayMs = 86'400'000;
    void earn(std::uint64_t now_ms);
    std::int64_t per_day_;  // 0 = no budget
    std::int64_t level_;    // bytes times milliseconds of a day, so that earning is exact
    std::uint64_t at_ms_;
};

/// Spreads waits; a quarter of the code of common/rng.hpp, and 32 bits of state. Not for secrets.
/// Source: a Weyl sequence through lowbias32, C. Wellons, "Prospecting for Hash Functions", 2018.
class Jitter {
  public:
    explicit Jitter(std::uint64_t seed) : state_(static_cast<std::uint32_t>(seed ^ seed >> 32)) {}
    /// Uniform in [0, bound) as far as 32 bits go.  Pre: 0 < bound <= 2^32.
    std::uint64_t below(std::uint64_t bound);

  private:
    std::uint32_t state_;
};

enum class Link : std::uint8_t { offline, connecting, online };

/// The part of Options that this file needs.
struct LinkTimes {
    std::uint32_t ack_timeout_ms = 0;
    std::uint32_t backoff_base_ms = 0;
    std::uint32_t backoff_cap_ms = 0;
    std::uint32_t reconnect_spread_ms = 0;
    std::uint32_t connect_timeout_ms = 0;
};

/// An urgent record brings at most one attempt forward in this time.
inline constexpr std::uint32_t kUrgentAttemptEveryMs = 60'000;

/// Connection attempts: spread after boot and after a loss, full jitter after a failure. The
/// back-off begins anew only when a connection has proved useful by an acknowledgement or by
/// lasting, or when the network came up. Bounds of a fleet's rate: tests/sim/agent_fleet_test.cpp.
class Connector {
  public:
    Connector(const LinkTimes& times, std::uint64_t seed, std::uint64_t now_ms)
        : times_(times),
          jitter_(seed),
          backoff_(milliseconds{times.backoff_base_ms}, milliseconds{times.backoff_cap_ms}),
          due_ms_(now_ms) {}

    [[nodiscard]] Link link() const { return link_; }
    [[nodiscard]] std::uint64_t next_ms(std::uint64_t now_ms) const;
    /// True when a connection attempt is due; the attempt has begun then.
    bool begin_attempt(std::uint64_t now_ms);
    /// True when the attempt has taken too long; it has failed then.
    bool attempt_timed_out(std::uint64_t now_ms);
    void connected(std::uint64_t now_ms);
    /// Of an attempt or of the connection.
    void lost(std::uint64_t now_ms);
    void proved_useful() { backoff_.reset(); }
    /// The first attempt of a boot is made within `spread_ms`.
    void boot(std::uint64_t now_ms, std::uint32_t spread_ms) {
        due_ms_ = now_ms + jitter_.below(std::uint64_t{spread_ms} + 1);
    }
    /// The next attempt is made within the spread; one under way has no longer than that either, as
    /// it may hang in the network that was.
    void network_up(std::uint64_t now_ms) {
        backoff_.reset();
        bring_forward(now_ms);
    }
    /// An urgent record waits.
    void urge(std::uint64_t now_ms);
    /// A device about to sleep does not wait for the spread of its first attempt.
    void hurry(std::uint64_t now_ms) {
        if (link_ == Link::offline && backoff_.attempts() == 0) due_ms_ = now_ms;
    }
    /// When to give up waiting for the acknowledgement of attempt k: at + timeout + full jitter.
    std::uint64_t resend_at(std::uint64_t now_ms, std::uint32_t attempts);

  private:
    bool bring_forward(std::uint64_t from_ms);
    LinkTimes times_;
    Jitter jitter_;
    Backoff backoff_;
    Link link_ = Link::offline;
    std::uint64_t urge_from_ms_ = 0;
    std::uint64_t due_ms_;  // of the next attempt, or of the attempt's time-out
    std::uint64_t online_since_ms_ = 0;
};

}  // namespace aftercare::agent
