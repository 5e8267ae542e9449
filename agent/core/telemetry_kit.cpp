#include "agent/core/telemetry_kit.hpp"

#include <algorithm>
#include <cstddef>
#include <new>

#include "agent/core/telemetry_wire.hpp"
#include "agent/core/validate.hpp"
#include "common/divide.hpp"

namespace aftercare::agent {
namespace {

constexpr std::uint64_t kRetryMs = 1'000;
constexpr std::uint64_t kNeverMs = UINT64_MAX;

constexpr std::size_t aligned(std::size_t bytes) {
    constexpr std::size_t kAlign = alignof(std::max_align_t);
    return (bytes + kAlign - 1) / kAlign * kAlign;
}

template <class T, std::size_t kMax>
std::span<const T> span_of(const BoundedList<T, kMax>& list) {
    return {list.items.data(), list.count};
}

template <class T>
std::span<T> make_slots(std::byte* at, std::uint32_t count) {
    T* slots = reinterpret_cast<T*>(at);
    for (std::uint32_t i = 0; i < count; ++i) new (slots + i) T{};
    return {slots, count};
}

bool valid(const TelemetryOptions& options) {
    return sane(options.own) && options.metrics_max >= 1 && options.metrics_max <= kKitSlotsMax &&
           options.codes_max >= 1 && options.codes_max <= kKitSlotsMax;
}

}  // namespace

std::size_t TelemetryKit::memory_bytes(const TelemetryOptions& options) {
    static_assert(sizeof(MetricSlot) <= 32 && sizeof(FaultSlot) <= 40);
    static_assert(aligned(sizeof(TelemetryKit)) + 2 * alignof(std::max_align_t) <=
                  kKitFixedBytesMax);
    if (!valid(options)) return 0;
    return aligned(sizeof(TelemetryKit)) + aligned(options.metrics_max * sizeof(MetricSlot)) +
           aligned(options.codes_max * sizeof(FaultSlot));
}

Result<TelemetryKit*, Errc> TelemetryKit::open(Agent& agent, const TelemetryOptions& options,
                                               std::span<std::byte> memory) {
    if (!valid(options)) return fail(Errc::invalid);
    if (reinterpret_cast<std::uintptr_t>(memory.data()) % alignof(std::max_align_t) != 0) {
        return fail(Errc::invalid);
    }
    if (memory.size() < memory_bytes(options)) return fail(Errc::exhausted);
    std::byte* metrics_at = memory.data() + aligned(sizeof(TelemetryKit));
    std::byte* codes_at = metrics_at + aligned(options.metrics_max * sizeof(MetricSlot));
    auto* kit = new (memory.data())
        TelemetryKit(agent, options.own, make_slots<MetricSlot>(metrics_at, options.metrics_max),
                     make_slots<FaultSlot>(codes_at, options.codes_max));
    agent.attach({kit,
                  [](void* self, bool finish) { static_cast<TelemetryKit*>(self)->poll(finish); },
                  [](void* self) { return static_cast<TelemetryKit*>(self)->next_ms(); },
                  [](void* self, std::span<const std::byte> encoded, bool commit) {
                      return static_cast<TelemetryKit*>(self)->take_settings(encoded, commit);
                  }});
    return kit;
}

void TelemetryKit::close(TelemetryKit* kit) {
    if (kit == nullptr) return;
    kit->agent_.attach({});
    kit->~TelemetryKit();
}

TelemetryKit::TelemetryKit(Agent& agent, const TelemetrySettings& own,
                           std::span<MetricSlot> metrics, std::span<FaultSlot> codes)
    : agent_(agent),
      own_(own),
      window_(metrics),
      filter_(codes),
      window_began_ms_(agent.uptime_ms()),
      quiet_since_ms_(window_began_ms_) {
    use(TelemetrySettings{});
}

ConfigRefusal TelemetryKit::take_settings(std::span<const std::byte> encoded, bool commit) {
    TelemetrySettings remote;
    const ConfigRefusal refusal = decode_telemetry_settings(encoded, remote);
    if (commit && refusal == ConfigRefusal::none) use(remote);
    return refusal;
}

// What `remote` leaves out is the firmware's own. A threshold that stays keeps its state; one that
// goes lets its fault go with it.
void TelemetryKit::use(const TelemetrySettings& remote) {
    const auto before = active_.thresholds;
    const auto held_before = held_;
    active_ = remote;
    if (active_.heartbeat_s == 0) active_.heartbeat_s = own_.heartbeat_s;
    if (active_.reading_metrics.count == 0) active_.reading_metrics = own_.reading_metrics;
    if (active_.snapshot_metrics.count == 0) active_.snapshot_metrics = own_.snapshot_metrics;
    if (active_.fault_rules.count == 0) active_.fault_rules = own_.fault_rules;
    if (active_.thresholds.count == 0) active_.thresholds = own_.thresholds;
    filter_.set_rules(span_of(active_.fault_rules));
    window_.report_only(span_of(active_.reading_metrics));
    held_ = {};
    for (std::uint8_t old = 0; old < before.count; ++old) {
        if (!held_before[old]) continue;
        bool stays = false;
        for (std::uint8_t i = 0; i < active_.thresholds.count; ++i) {
            const ThresholdRule& rule = active_.thresholds.items[i];
            if (rule.code != before.items[old].code ||
                rule.metric_id != before.items[old].metric_id) {
                continue;
            }
            held_[i] = stays = true;
        }
        if (!stays) {
            static_cast<void>(filter_.condition(before.items[old].code, false, agent_.uptime_ms()));
        }
    }
}

Result<void, Errc> TelemetryKit::sample(std::uint32_t metric_id, float value) {
    const std::uint64_t now_ms = agent_.uptime_ms();
    if (now_ms >= window_ends_ms()) end_window(now_ms);
    if (!window_.sample(metric_id, value)) {
        ++state_.samples_refused;
        return fail(finite(value) ? Errc::exhausted : Errc::invalid);
    }
    judge(metric_id, value, now_ms);
    make_due(now_ms);
    return {};
}

void TelemetryKit::judge(std::uint32_t metric_id, float value, std::uint64_t now_ms) {
    for (std::uint8_t i = 0; i < active_.thresholds.count; ++i) {
        const ThresholdRule& rule = active_.thresholds.items[i];
        if (rule.metric_id != metric_id) continue;
        held_[i] = beyond(rule, held_[i], value);
        if (!filter_.condition(rule.code, held_[i], now_ms)) ++state_.codes_refused;
    }
}

Result<void, Errc> TelemetryKit::condition(std::uint32_t code, bool holds) {
    const std::uint64_t now_ms = agent_.uptime_ms();
    if (!filter_.condition(code, holds, now_ms)) {
        ++state_.codes_refused;
        return fail(Errc::exhausted);
    }
    make_due(now_ms);
    return {};
}

Result<void, Errc> TelemetryKit::occurred(std::uint32_t code) {
    const std::uint64_t unwatched = filter_.unwatched_count();
    auto fault = filter_.occurred(code, agent_.uptime_ms());
    if (filter_.unwatched_count() != unwatched) {
        ++state_.codes_refused;
        return fail(Errc::exhausted);
    }
    if (fault && !make(*fault)) filter_.not_made(*fault);
    return {};
}

// False when it is to be tried again: the storage failed. What a full spool or a missing consent
// refuses stays refused, and the agent counts it.
bool TelemetryKit::make(Fault& fault) {
    fault.snapshot = window_.snapshot(span_of(active_.snapshot_metrics));
    const auto accepted = agent_.fault(fault);
    if (accepted) return true;
    ++state_.records_refused;
    return accepted.error() != Errc::unavailable;
}

void TelemetryKit::make_due(std::uint64_t now_ms) {
    if (now_ms < retry_at_ms_) return;
    while (auto fault = filter_.due(now_ms)) {
        if (make(*fault)) continue;
        filter_.not_made(*fault);
        retry_at_ms_ = now_ms + kRetryMs;
        return;
    }
}

Result<void, Errc> TelemetryKit::counter(std::uint32_t counter_id, std::uint64_t raw,
                                         std::uint32_t bits) {
    if (bits == 0 || bits > 64) return fail(Errc::invalid);
    CounterSlot* slot = counter_slot(counter_id);
    if (slot == nullptr) return fail(Errc::exhausted);
    count(*slot, raw, bits);
    return {};
}

CounterSlot* TelemetryKit::counter_slot(std::uint32_t counter_id) {
    for (CounterSlot& slot : counters_) {
        if (slot.known && slot.counter_id != counter_id) continue;
        slot.counter_id = counter_id;
        return &slot;
    }
    return nullptr;
}

Result<void, Errc> TelemetryKit::counter_from(std::uint32_t counter_id, std::uint64_t total,
                                              std::uint64_t raw) {
    CounterSlot* slot = counter_slot(counter_id);
    if (slot == nullptr) return fail(Errc::exhausted);
    if (slot->known) return fail(Errc::conflict);
    resume(*slot, total, raw);
    return {};
}

Result<std::uint64_t, Errc> TelemetryKit::counter_total(std::uint32_t counter_id) const {
    for (const CounterSlot& slot : counters_) {
        if (slot.known && slot.counter_id == counter_id) return slot.total;
    }
    return fail(Errc::not_found);
}

Result<void, Errc> TelemetryKit::cycle_begin(std::uint32_t programme_id) {
    if (state_.cycle_running) return fail(Errc::conflict);
    state_.cycle_running = true;
    programme_id_ = programme_id;
    cycle_began_ms_ = agent_.uptime_ms();
    return {};
}

Result<Accepted, Errc> TelemetryKit::cycle_end(const CycleEnd& end) {
    if (!state_.cycle_running) return fail(Errc::conflict);
    state_.cycle_running = false;
    Usage usage;
    usage.programme_id = programme_id_;
    usage.duration_s = static_cast<std::uint32_t>(
        divide(agent_.uptime_ms() - cycle_began_ms_, std::uint64_t{1000}).quotient);
    usage.energy_wh = end.energy_wh;
    usage.water_ml = end.water_ml;
    usage.completed = end.completed;
    for (const CounterSlot& slot : counters_) {
        if (slot.known) usage.counters.add({slot.counter_id, slot.total});
    }
    const auto accepted = agent_.usage(usage);
    if (!accepted) ++state_.records_refused;
    return accepted;
}

std::uint64_t TelemetryKit::window_ends_ms() const {
    return window_began_ms_ + std::uint64_t{agent_.settings().reading_window_s} * 1000;
}

// A reading that is refused is lost and counted; the window is over either way.
void TelemetryKit::end_window(std::uint64_t now_ms) {
    const auto span_ms =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(now_ms - window_began_ms_, UINT32_MAX));
    window_began_ms_ = now_ms;
    while (!window_.empty()) {
        if (!agent_.reading(window_.take(span_ms))) ++state_.records_refused;
    }
}

// Only while connected: offline it would tell nobody anything, and fill the spool.
void TelemetryKit::beat(std::uint64_t now_ms) {
    if (agent_.made_count() != made_seen_) {
        made_seen_ = agent_.made_count();
        quiet_since_ms_ = now_ms;
    }
    if (active_.heartbeat_s == 0 || !agent_.connected() ||
        now_ms < quiet_since_ms_ + std::uint64_t{active_.heartbeat_s} * 1000) {
        return;
    }
    quiet_since_ms_ = now_ms;
    if (!agent_.lifecycle({.kind = LifecycleKind::heartbeat})) ++state_.records_refused;
    made_seen_ = agent_.made_count();
}

void TelemetryKit::poll(bool finish) {
    const std::uint64_t now_ms = agent_.uptime_ms();
    make_due(now_ms);
    if (finish || now_ms >= window_ends_ms()) end_window(now_ms);
    beat(now_ms);
}

void TelemetryKit::flush() {
    poll(true);
}

std::uint64_t TelemetryKit::next_ms() const {
    std::uint64_t next = filter_.next_ms();
    if (next != kNeverMs) next = std::max(next, retry_at_ms_);
    if (!window_.empty()) next = std::min(next, window_ends_ms());
    if (active_.heartbeat_s != 0 && agent_.connected()) {
        next = std::min(next, quiet_since_ms_ + std::uint64_t{active_.heartbeat_s} * 1000);
    }
    return next;
}

KitState TelemetryKit::state() const {
    KitState state = state_;
    state.heartbeat_s = active_.heartbeat_s;
    state.fault_rules = active_.fault_rules.count;
    state.thresholds = active_.thresholds.count;
    return state;
}

}  // namespace aftercare::agent
