// The agent: makes records, keeps them in the spool until the collector has stored them, and sends
// them in order. Heap-free, exception-free, one instance per appliance, any number per process.
//
// Invariants: a seq is used once; a record leaves the spool only when acknowledged by the collector
// or evicted and declared; what is in flight is never evicted. Thread: all calls from one thread.
// Nothing blocks but the storage port.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "agent/ports/ports.hpp"
#include "common/result.hpp"

namespace aftercare::agent {

struct Options {
    std::string_view tenant;
    std::string_view device_id;
    std::string_view model;
    std::string_view firmware;
    ResetReason reset_reason = ResetReason::power_on;
    std::uint32_t records_per_report = 20;
    std::uint32_t flush_delay_ms = 60'000;  ///< link clock: oldest unsent record waits at most this
    std::uint32_t spool_sync_period_ms =
        300'000;  ///< link clock: usage and readings reach storage at least this often
    std::uint32_t reports_in_flight_max = 4;  ///< per lane
    std::uint32_t ack_timeout_ms = 20'000;
    std::uint32_t backoff_base_ms = 1'000;
    std::uint32_t backoff_cap_ms = 300'000;
    /// After a lost connection the first attempt waits uniform(0, this): a fleet comes back spread.
    std::uint32_t reconnect_spread_ms = 5'000;
    /// The first attempt after a boot waits uniform(0, this): so does a district after a power cut.
    /// With urgent records waiting from before it is `reconnect_spread_ms` when that is less.
    std::uint32_t boot_spread_ms = 10'000;
    std::uint32_t connect_timeout_ms = 30'000;
    std::uint32_t bytes_per_day_max = 0;  ///< metered links: bulk waits beyond it; 0 = unlimited
    std::uint32_t reading_window_s =
        900;  ///< told to the appliance by settings(); Config may change it
    /// Used until the spool knows better: consent() and its own epoch win over an older one here.
    std::uint32_t consent_epoch = 0;
    std::uint32_t consent_purposes = kAllPurposes;
    std::uint32_t report_bytes_max = 4096;  ///< buffer for one report
    std::uint32_t spool_sectors_max = 64;   ///< RAM for this many; the storage may have fewer
    std::uint32_t fault_codes_max = 32;     ///< codes whose middle occurrences may be evicted
};

/// Bound of what memory_bytes() adds to report, sectors (42 bytes each) and fault codes (12 each).
inline constexpr std::size_t kFixedMemoryBytesMax = sizeof(void*) > 4 ? 3'712 : 3'424;

inline constexpr std::uint32_t kReportsInFlightMax =
    8;  ///< bound of Options::reports_in_flight_max

/// A record accepted by the agent.
struct Accepted {
    Lane lane = Lane::urgent;
    Seq seq = 0;
    bool durable = false;  ///< on stable storage already (faults, lifecycle, self-tests)
};

/// What is in force now: options, overridden by the newest Config downlink (kept over reboots).
struct Settings {
    std::uint32_t config_version = 0;
    std::uint32_t reading_window_s = 0;
    std::uint32_t flush_delay_s = 0;
    std::uint32_t records_per_report = 0;
    std::uint32_t consent_epoch = 0;
    std::uint32_t consent_purposes = 0;
};

/// Something that lives with an agent and is driven by it: the telemetry kit. Any may be null.
struct Extension {
    void* context = nullptr;
    /// Does what is due; with `finish` also what is not yet, before sleep. May call the agent.
    void (*poll)(void* context, bool finish) = nullptr;
    /// Uptime of the next thing due; UINT64_MAX = none.
    std::uint64_t (*next_ms)(void* context) = nullptr;
    /// Encoded TelemetrySettings: checks them, and with `commit` puts them in force.
    ConfigRefusal (*settings)(void* context, std::span<const std::byte> encoded,
                              bool commit) = nullptr;
};

struct LaneState {
    Seq next_seq = 1;
    Seq oldest_seq = 1;  ///< oldest held; next_seq when empty
    Seq acked_through = 0;
    std::uint32_t held_count = 0;
    std::uint32_t in_flight_reports = 0;
};

/// When a record was made.
struct RecordTime {
    std::uint32_t boot = 0;
    std::uint64_t uptime_ms = 0;
};

struct State {
    std::uint64_t stream_id = 0;
    std::uint32_t boot = 0;
    bool connected = false;
    bool connecting = false;
    std::uint64_t next_attempt_ms = 0;  ///< link clock; while neither
    std::array<LaneState, kLaneCount> lanes{};
    std::array<std::uint32_t, kRecordClassCount> dropped{};
    std::uint32_t corrupt_frames = 0;  ///< found by recovery, declared as gaps
    std::uint32_t spool_used_bytes = 0;
    std::uint32_t spool_size_bytes = 0;
    std::uint64_t reports_sent = 0;
    std::uint64_t reports_resent = 0;
    std::uint64_t storage_errors = 0;
    std::uint64_t downlinks_ignored = 0;       ///< malformed or unknown
    std::uint64_t acks_ignored = 0;            ///< of another stream, or beyond what was ever made
    std::uint64_t denied_count = 0;            ///< records not made for lack of consent
    std::uint64_t refused_count = 0;           ///< records lost to a full or failing spool
    std::uint64_t spool_programmed_bytes = 0;  ///< since open: the flash budget
};

class Agent {
  public:
    /// Recovers the spool (or formats a blank one), begins the next boot and records it. The agent
    /// lives inside `memory`; nothing else is allocated, ever.
    /// Pre: ids valid, ports complete but for log and handler, memory aligned like max_align_t.
    /// Errors: invalid (options), exhausted (memory smaller than memory_bytes(options)),
    /// unavailable (storage fails). Lifetime: `memory` and what `ports` points to must outlive the
    /// agent. Option texts are copied.
    static Result<Agent*, Errc> open(const Options& options, const Ports& ports,
                                     std::span<std::byte> memory);
    /// Ends the agent without any IO, as a power cut would; call flush() before for a clean end.
    static void close(Agent* agent);
    static std::size_t memory_bytes(const Options& options);
    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;

    /// Errors of all four: exhausted (everything evictable is gone), denied (no consent: no record
    /// was made), unavailable (storage failed; the record is not kept), invalid.
    Result<Accepted, Errc> fault(const Fault& fault);
    Result<Accepted, Errc> reading(const Reading& reading);
    Result<Accepted, Errc> usage(const Usage& usage);
    Result<Accepted, Errc> lifecycle(const Lifecycle& event);
    Result<Accepted, Errc> self_test(const SelfTest& result);

    /// Does what is due: connects, sends, resends, syncs the spool. Call after anything below and
    /// at the latest when `next_poll_ms` says.
    void poll();
    /// Link-clock time of the next thing to do; UINT64_MAX when only an event can bring one.
    [[nodiscard]] std::uint64_t next_poll_ms() const;

    void on_connected();
    void on_disconnected();
    /// The network came up (route, address, registration): while offline the next attempt is made
    /// within `reconnect_spread_ms`, and the back-off begins anew.
    void network_up();
    /// One payload from the device's `down` topic. Malformed or unknown ones are counted and
    /// ignored.
    void on_downlink(std::span<const std::byte> payload);

    /// Withdrawn purposes erase their unsent records.
    Result<void, Errc> consent(std::uint32_t epoch, std::uint32_t purposes);
    /// Everything held reaches storage and, when connected, the transport; before sleep or
    /// shutdown.
    void flush();

    /// Drives `extension` from now on, none with an empty one; hands it the settings that the spool
    /// keeps.  Lifetime: of its context, until the next call or the agent's end.
    void attach(const Extension& extension);
    /// Milliseconds since this boot; does not wrap.
    [[nodiscard]] std::uint64_t uptime_ms() const;
    [[nodiscard]] bool connected() const;
    /// Records ever made in this stream.
    [[nodiscard]] std::uint64_t made_count() const;

    /// Cost: reads at most one sector a lane.
    [[nodiscard]] State state() const;
    [[nodiscard]] Settings settings() const;
    /// When the oldest held record of the lane was made; false when none is held.  Cost: reads at
    /// most one sector.
    bool oldest_made(Lane lane, RecordTime& made) const;

    /// Opaque; public so that the size of an agent can be taken in a cross build.
    struct Parts;

  private:
    struct Layout;
    explicit Agent(Parts& parts) : parts_(parts) {}
    ~Agent() = default;
    Parts& parts_;
};

}  // namespace aftercare::agent
