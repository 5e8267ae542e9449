// The telemetry kit: an appliance gives raw signals, the kit makes the records. Readings each
// reading window, faults debounced and counted with a snapshot beside them, faults from thresholds,
// usage from cycles, a heartbeat when nothing else is told. Optional: what does not use it does not
// link it. Heap-free, as many as there are agents.
//
// Its settings are the firmware's own, overridden by those of the newest Config that carries any.
// Thread: that of the agent, which drives the kit from its poll().
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "agent/core/agent.hpp"
#include "agent/core/counters.hpp"
#include "agent/core/fault_filter.hpp"
#include "agent/core/window.hpp"
#include "common/telemetry_settings.hpp"

namespace aftercare::agent {

struct TelemetryOptions {
    TelemetrySettings own;           ///< of the firmware
    std::uint32_t metrics_max = 16;  ///< metrics known at a time, 32 bytes each
    std::uint32_t codes_max = 16;    ///< fault codes watched at a time, 40 bytes each
};

inline constexpr std::uint32_t kKitSlotsMax = 1'024;  ///< bound of both
/// Bound of what memory_bytes() adds to metrics and codes.
inline constexpr std::size_t kKitFixedBytesMax = 2'432;

/// What a cycle used, as far as the appliance knows; 0 = unknown.
struct CycleEnd {
    bool completed = true;
    std::uint32_t energy_wh = 0;
    std::uint32_t water_ml = 0;
};

struct KitState {
    std::uint64_t samples_refused = 0;  ///< no number, or no slot left for the metric
    std::uint64_t codes_refused = 0;    ///< no slot left for the code
    std::uint64_t records_refused = 0;  ///< by the agent: full, failing or without consent
    std::uint32_t heartbeat_s = 0;      ///< in force
    std::uint32_t fault_rules = 0;
    std::uint32_t thresholds = 0;
    bool cycle_running = false;
};

class TelemetryKit {
  public:
    /// Lives inside `memory`, aligned like max_align_t, and takes up the settings that the agent
    /// keeps.  Errors: invalid (options), exhausted (memory smaller than memory_bytes()).
    /// Lifetime: agent and memory outlive the kit.
    static Result<TelemetryKit*, Errc> open(Agent& agent, const TelemetryOptions& options,
                                            std::span<std::byte> memory);
    /// Lets go of the agent; what was not told yet is lost, unless flush() told it before.
    static void close(TelemetryKit* kit);
    /// 0 when the options are invalid.
    static std::size_t memory_bytes(const TelemetryOptions& options);
    TelemetryKit(const TelemetryKit&) = delete;
    TelemetryKit& operator=(const TelemetryKit&) = delete;

    /// One measured value.  Errors: invalid (no finite number), exhausted (no slot for the metric).
    Result<void, Errc> sample(std::uint32_t metric_id, float value);
    /// Whether the condition behind a fault code holds now; on change or as often as you like.
    /// Errors: exhausted (no slot for the code).
    Result<void, Errc> condition(std::uint32_t code, bool holds);
    /// An event without duration.  Errors: as condition.
    Result<void, Errc> occurred(std::uint32_t code);
    /// The raw value of a counter of `bits` bits: counters.hpp tells how wraps and restarts count.
    /// The kit keeps none over a reboot: without counter_from() the first raw value is the total.
    /// Errors: invalid (bits not 1 to 64), exhausted (a 17th counter).
    Result<void, Errc> counter(std::uint32_t counter_id, std::uint64_t raw, std::uint32_t bits);
    /// Where a counter stood when the appliance was last on: its total, and the raw value that
    /// belongs to it (0 for one that begins anew with each boot). Before its first counter().
    /// Errors: conflict (given already), exhausted (a 17th counter).
    Result<void, Errc> counter_from(std::uint32_t counter_id, std::uint64_t total,
                                    std::uint64_t raw);
    /// For the appliance to keep over a reboot.  Errors: not_found (not given since the boot).
    [[nodiscard]] Result<std::uint64_t, Errc> counter_total(std::uint32_t counter_id) const;
    /// Errors: conflict (a cycle runs already).
    Result<void, Errc> cycle_begin(std::uint32_t programme_id);
    /// Makes the usage record, with all counters.  Errors: conflict (no cycle runs), else those of
    /// Agent::usage; the cycle is over in any case.
    Result<Accepted, Errc> cycle_end(const CycleEnd& end);

    /// Ends the reading window now and tells faults that are due.
    void flush();
    [[nodiscard]] KitState state() const;

  private:
    TelemetryKit(Agent& agent, const TelemetrySettings& own, std::span<MetricSlot> metrics,
                 std::span<FaultSlot> codes);
    ~TelemetryKit() = default;

    void poll(bool finish);
    [[nodiscard]] std::uint64_t next_ms() const;
    ConfigRefusal take_settings(std::span<const std::byte> encoded, bool commit);
    void use(const TelemetrySettings& remote);
    void judge(std::uint32_t metric_id, float value, std::uint64_t now_ms);
    /// Its slot or a free one; null when neither is there.
    CounterSlot* counter_slot(std::uint32_t counter_id);
    bool make(Fault& fault);
    void make_due(std::uint64_t now_ms);
    void end_window(std::uint64_t now_ms);
    void beat(std::uint64_t now_ms);
    [[nodiscard]] std::uint64_t window_ends_ms() const;

    Agent& agent_;
    TelemetrySettings own_;
    TelemetrySettings active_;
    ReadingWindow window_;
    FaultFilter filter_;
    std::array<bool, kThresholdRulesMax> held_{};  // by position in active_.thresholds
    std::array<CounterSlot, kCountersPerUsageMax> counters_{};
    std::uint64_t window_began_ms_;
    std::uint64_t quiet_since_ms_;
    std::uint64_t retry_at_ms_ = 0;  // a fault that the storage refused
    std::uint64_t made_seen_ = 0;
    std::uint64_t cycle_began_ms_ = 0;
    std::uint32_t programme_id_ = 0;
    KitState state_;
};

}  // namespace aftercare::agent
