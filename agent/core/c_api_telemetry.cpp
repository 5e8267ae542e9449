// The C interface of the telemetry kit: translation only. A file of its own, so that firmware
// without the kit does not link it.
#include <cstddef>
#include <new>

#include "agent/core/c_handle.hpp"
#include "agent/core/telemetry_kit.hpp"
#include "agent/include/aftercare/telemetry.h"

using namespace aftercare;
using namespace aftercare::agent;

struct aftercare_telemetry {
    aftercare_agent* agent = nullptr;
    TelemetryKit* kit = nullptr;
};

namespace {

constexpr std::size_t kHandleBytes = (sizeof(aftercare_telemetry) + alignof(std::max_align_t) - 1) /
                                     alignof(std::max_align_t) * alignof(std::max_align_t);
static_assert(kHandleBytes + kKitFixedBytesMax <= AFTERCARE_TELEMETRY_BYTES(0, 0));

// Copies a C array into a bounded list. False when it does not fit.
template <class Item, class List, class Convert>
bool copy(const Item* items, std::size_t count, List& into, Convert convert) {
    if (count > 0 && items == nullptr) return false;
    for (std::size_t i = 0; i < count; ++i) {
        if (!into.add(convert(items[i]))) return false;
    }
    return true;
}

bool lists_from_c(const aftercare_telemetry_options* in, TelemetryOptions& out) {
    if (in->metrics_max != 0) out.metrics_max = in->metrics_max;
    if (in->codes_max != 0) out.codes_max = in->codes_max;
    out.own.heartbeat_s = in->heartbeat_s;
    const auto same = [](std::uint32_t id) { return id; };
    return copy(in->reading_metrics, in->reading_metric_count, out.own.reading_metrics, same) &&
           copy(in->snapshot_metrics, in->snapshot_metric_count, out.own.snapshot_metrics, same) &&
           copy(in->fault_rules, in->fault_rule_count, out.own.fault_rules,
                [](const aftercare_fault_rule& r) {
                    return FaultRule{r.code, r.raise_after_ms, r.clear_after_ms, r.storm_limit,
                                     r.storm_window_s};
                }) &&
           copy(in->thresholds, in->threshold_count, out.own.thresholds,
                [](const aftercare_threshold& t) {
                    return ThresholdRule{t.metric_id, t.code, t.high, t.low, t.below};
                });
}

aftercare_result from_c(const aftercare_telemetry_options* given, TelemetryOptions& out) {
    aftercare_telemetry_options in;
    const aftercare_result copied =
        copy_sized(given, offsetof(aftercare_telemetry_options, reading_metrics), in);
    if (copied != AFTERCARE_OK) return copied;
    return lists_from_c(&in, out) ? AFTERCARE_OK : AFTERCARE_INVALID;
}

// Runs `call` under the lock of a handle with a thread of its own.
template <class Call>
auto locked(const aftercare_agent& agent, Call call) {
    if (agent.lock != nullptr) agent.lock(agent.host);
    const auto result = call();
    if (agent.unlock != nullptr) agent.unlock(agent.host);
    return result;
}

aftercare_result give(const Result<void, Errc>& result) {
    return result ? AFTERCARE_OK : result_to_c(result.error());
}

}  // namespace

extern "C" {

size_t aftercare_telemetry_memory_bytes(const aftercare_telemetry_options* options) {
    TelemetryOptions o;
    const std::size_t bytes =
        from_c(options, o) == AFTERCARE_OK ? TelemetryKit::memory_bytes(o) : 0;
    return bytes == 0 ? 0 : kHandleBytes + bytes;
}

aftercare_result aftercare_telemetry_open(aftercare_agent* agent,
                                          const aftercare_telemetry_options* options, void* memory,
                                          size_t memory_size, aftercare_telemetry** kit) {
    TelemetryOptions o;
    if (agent == nullptr || memory == nullptr || kit == nullptr ||
        reinterpret_cast<std::uintptr_t>(memory) % alignof(std::max_align_t) != 0) {
        return AFTERCARE_INVALID;
    }
    if (const aftercare_result read = from_c(options, o); read != AFTERCARE_OK) return read;
    if (memory_size < kHandleBytes) return AFTERCARE_EXHAUSTED;
    const std::span bytes{static_cast<std::byte*>(memory), memory_size};
    const auto opened = locked(
        *agent, [&] { return TelemetryKit::open(*agent->agent, o, bytes.subspan(kHandleBytes)); });
    if (!opened) return result_to_c(opened.error());
    *kit = new (memory) aftercare_telemetry{agent, *opened};
    return AFTERCARE_OK;
}

void aftercare_telemetry_close(aftercare_telemetry* kit) {
    if (kit == nullptr) return;
    locked(*kit->agent, [&] {
        TelemetryKit::close(kit->kit);
        return 0;
    });
}

aftercare_result aftercare_sample(aftercare_telemetry* kit, uint32_t metric_id, float value) {
    return locked(*kit->agent, [&] { return give(kit->kit->sample(metric_id, value)); });
}

aftercare_result aftercare_condition(aftercare_telemetry* kit, uint32_t code, bool holds) {
    return locked(*kit->agent, [&] { return give(kit->kit->condition(code, holds)); });
}

aftercare_result aftercare_occurred(aftercare_telemetry* kit, uint32_t code) {
    return locked(*kit->agent, [&] { return give(kit->kit->occurred(code)); });
}

aftercare_result aftercare_count(aftercare_telemetry* kit, uint32_t counter_id, uint64_t raw,
                                 uint32_t bits) {
    return locked(*kit->agent, [&] { return give(kit->kit->counter(counter_id, raw, bits)); });
}

aftercare_result aftercare_count_from(aftercare_telemetry* kit, uint32_t counter_id, uint64_t total,
                                      uint64_t raw) {
    return locked(*kit->agent,
                  [&] { return give(kit->kit->counter_from(counter_id, total, raw)); });
}

aftercare_result aftercare_counter_total(const aftercare_telemetry* kit, uint32_t counter_id,
                                         uint64_t* total) {
    const auto found = locked(*kit->agent, [&] { return kit->kit->counter_total(counter_id); });
    if (!found || total == nullptr) return AFTERCARE_INVALID;
    *total = *found;
    return AFTERCARE_OK;
}

aftercare_result aftercare_cycle_begin(aftercare_telemetry* kit, uint32_t programme_id) {
    return locked(*kit->agent, [&] { return give(kit->kit->cycle_begin(programme_id)); });
}

aftercare_result aftercare_cycle_end(aftercare_telemetry* kit, bool completed, uint32_t energy_wh,
                                     uint32_t water_ml, aftercare_accepted* accepted) {
    const auto made = locked(*kit->agent, [&] {
        return kit->kit->cycle_end({completed, energy_wh, water_ml});
    });
    if (!made) return result_to_c(made.error());
    if (accepted != nullptr) {
        *accepted = {made->lane == Lane::urgent, made->seq, made->durable};
    }
    return AFTERCARE_OK;
}

}  // extern "C"
