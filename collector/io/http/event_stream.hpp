// Ticket events as they are stored, to whoever may see the tickets, and changes of what a rule may
// do, to makers and auditors: server-sent events. A position is the event's place in the database,
// so a stream that broke goes on where it was, over restarts of the collector too. A stream holds
// neither thread nor read transaction: it is asked for more each time what it told before is
// written, and reads what is new then.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "collector/io/http/message.hpp"
#include "collector/io/http/read_sides.hpp"

namespace aftercare::collector {

inline constexpr std::size_t kStreamsMax = 64;
inline constexpr std::size_t kStreamsPerTokenMax = 8;
/// Events told at a time; a reader that is behind gets the next ones when it took these.
inline constexpr std::size_t kEventsPerChunkMax = 200;

class EventHub {
  public:
    EventHub(ReadSides& sides, std::function<Instant()> clock)
        : sides_(sides), clock_(std::move(clock)) {}

    struct Listener {
        Principal principal;
        std::string token_sha256;
        std::string last_event_id;  ///< empty = from now on
        bool owns_rules = false;    ///< else it is not told who changed a rule, nor in what words
    };
    /// A response that goes on for as long as the token is good, or a problem: 400 (a position that
    /// this database never gave out), 429 (too many streams of the token), 503 (too many in all).
    Response open(Listener listener);
    [[nodiscard]] std::size_t open_count() const { return open_; }
    [[nodiscard]] std::uint64_t refused_count() const { return refused_; }

  private:
    friend class EventStream;
    /// The newest position, at most 200 ms old. Errors: of the reading side.
    Result<std::uint64_t> newest();
    void closed(const std::string& token);

    ReadSides& sides_;
    const std::function<Instant()> clock_;
    std::mutex mutex_;
    std::map<std::string, std::size_t> by_token_;
    std::uint64_t newest_ = 0;
    Instant read_at_{};
    bool read_ = false;
    std::atomic<std::size_t> open_ = 0;
    std::atomic<std::uint64_t> refused_ = 0;
};

}  // namespace aftercare::collector
