// The C interface over the core: translation only, no heap, no decisions.
#include <cstddef>
#include <cstring>
#include <new>

#include "agent/core/c_handle.hpp"

using namespace aftercare;
using namespace aftercare::agent;

namespace {

constexpr std::size_t kHandleBytes = (sizeof(aftercare_agent) + alignof(std::max_align_t) - 1) /
                                     alignof(std::max_align_t) * alignof(std::max_align_t);

static_assert(kHandleBytes + kFixedMemoryBytesMax <= AFTERCARE_MEMORY_BYTES(0, 0, 0));

// A zero-terminated copy on the stack for the length of a call.
template <std::size_t kCapacity>
class Terminated {
  public:
    explicit Terminated(std::string_view text) {
        const std::size_t size = text.size() < kCapacity ? text.size() : kCapacity;
        std::memcpy(bytes_, text.data(), size);
        bytes_[size] = '\0';
    }
    [[nodiscard]] const char* get() const { return bytes_; }

  private:
    char bytes_[kCapacity + 1];
};

class Guard {
  public:
    explicit Guard(const aftercare_agent* handle) : handle_(*handle) {
        if (handle_.lock != nullptr) handle_.lock(handle_.host);
    }
    ~Guard() {
        if (handle_.unlock != nullptr) handle_.unlock(handle_.host);
    }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

  private:
    const aftercare_agent& handle_;
};

aftercare_agent& self(void* context) {
    return *static_cast<aftercare_agent*>(context);
}

}  // namespace

// Also of handles that carry only a part of the ports: who calls it takes only that part.
Ports aftercare::agent::ports_from_c(aftercare_agent& handle) {
    Ports p;
    p.clock.context = p.storage.context = p.transport.context = p.entropy.context = &handle;
    const auto uptime = [](void* c) { return self(c).ports.uptime_ms(self(c).ports.context); };
    p.clock.link_ms = uptime;
    if (handle.ports.link_ms != nullptr) {
        p.clock.link_ms = [](void* c) { return self(c).ports.link_ms(self(c).ports.context); };
    }
    p.clock.uptime_ms = uptime;
    p.clock.wall = [](void* c) {
        WallReading reading;
        reading.quality =
            static_cast<ClockQuality>(self(c).ports.wall(self(c).ports.context, &reading.unix_ms));
        return reading;
    };
    p.entropy.random64 = [](void* c) { return self(c).ports.random64(self(c).ports.context); };
    p.storage.sector_bytes = handle.ports.sector_bytes;
    p.storage.sector_count = handle.ports.sector_count;
    p.storage.read = [](void* c, std::uint32_t sector, std::uint32_t offset,
                        std::span<std::byte> into) {
        return self(c).ports.storage_read(self(c).ports.context, sector, offset, into.data(),
                                          into.size());
    };
    p.storage.program = [](void* c, std::uint32_t sector, std::uint32_t offset,
                           std::span<const std::byte> bytes) {
        return self(c).ports.storage_program(self(c).ports.context, sector, offset, bytes.data(),
                                             bytes.size());
    };
    p.storage.erase = [](void* c, std::uint32_t sector) {
        return self(c).ports.storage_erase(self(c).ports.context, sector);
    };
    p.storage.sync = [](void* c) { return self(c).ports.storage_sync(self(c).ports.context); };
    p.transport.connect = [](void* c, std::string_view topic, std::span<const std::byte> will) {
        self(c).ports.connect(self(c).ports.context, Terminated<160>{topic}.get(), will.data(),
                              will.size());
    };
    p.transport.disconnect = [](void* c) { self(c).ports.disconnect(self(c).ports.context); };
    p.transport.publish = [](void* c, std::string_view topic, std::span<const std::byte> payload,
                             bool retain) {
        return self(c).ports.publish(self(c).ports.context, Terminated<160>{topic}.get(),
                                     payload.data(), payload.size(), retain);
    };
    if (handle.ports.log != nullptr) {
        p.log.context = &handle;
        p.log.write = [](void* c, LogLevel level, std::string_view message) {
            self(c).ports.log(self(c).ports.context, static_cast<int>(level),
                              Terminated<200>{message}.get());
        };
    }
    p.handler = handler_port(handle);
    return p;
}

namespace {

bool complete(const aftercare_ports& p) {
    return p.uptime_ms != nullptr && p.wall != nullptr && p.random64 != nullptr &&
           p.storage_read != nullptr && p.storage_program != nullptr &&
           p.storage_erase != nullptr && p.storage_sync != nullptr && p.connect != nullptr &&
           p.disconnect != nullptr && p.publish != nullptr;
}

aftercare_result give(const Result<Accepted, Errc>& result, aftercare_accepted* accepted) {
    if (!result) return result_to_c(result.error());
    if (accepted != nullptr) {
        *accepted = {result->lane == Lane::urgent, result->seq, result->durable};
    }
    return AFTERCARE_OK;
}

template <std::size_t kMax>
bool copy_values(const aftercare_value* values, std::size_t count,
                 BoundedList<MetricValue, kMax>& into) {
    if (count > kMax || (count > 0 && values == nullptr)) return false;
    for (std::size_t i = 0; i < count; ++i) into.add({values[i].metric_id, values[i].value});
    return true;
}

}  // namespace

namespace aftercare::agent {

aftercare_result result_to_c(Errc code) {
    switch (code) {
        case Errc::invalid:
            return AFTERCARE_INVALID;
        case Errc::exhausted:
            return AFTERCARE_EXHAUSTED;
        case Errc::denied:
            return AFTERCARE_DENIED;
        case Errc::conflict:
            return AFTERCARE_CONFLICT;
        default:
            return AFTERCARE_UNAVAILABLE;
    }
}

aftercare_result options_from_c(const aftercare_options* given, Options& out) {
    aftercare_options copy;
    const aftercare_result copied =
        copy_sized(given, offsetof(aftercare_options, report_bytes_max), copy);
    if (copied != AFTERCARE_OK) return copied;
    const aftercare_options* in = &copy;
    if (in->tenant == nullptr || in->device_id == nullptr || in->model == nullptr ||
        in->firmware == nullptr) {
        return AFTERCARE_INVALID;
    }
    out.tenant = in->tenant;
    out.device_id = in->device_id;
    out.model = in->model;
    out.firmware = in->firmware;
    if (in->reset_reason != 0) out.reset_reason = static_cast<ResetReason>(in->reset_reason);
    const auto take = [](std::uint32_t value, std::uint32_t& into) {
        if (value != 0) into = value;
    };
    take(in->records_per_report, out.records_per_report);
    take(in->flush_delay_ms, out.flush_delay_ms);
    take(in->spool_sync_period_ms, out.spool_sync_period_ms);
    take(in->reports_in_flight_max, out.reports_in_flight_max);
    take(in->ack_timeout_ms, out.ack_timeout_ms);
    take(in->backoff_base_ms, out.backoff_base_ms);
    take(in->backoff_cap_ms, out.backoff_cap_ms);
    take(in->report_bytes_max, out.report_bytes_max);
    take(in->spool_sectors_max, out.spool_sectors_max);
    take(in->fault_codes_max, out.fault_codes_max);
    take(in->reconnect_spread_ms, out.reconnect_spread_ms);
    take(in->bytes_per_day_max, out.bytes_per_day_max);
    take(in->boot_spread_ms, out.boot_spread_ms);
    out.consent_epoch = in->consent_epoch;
    out.consent_purposes = in->consent_purposes;
    return AFTERCARE_OK;
}

aftercare_result handlers_from_c(const aftercare_handlers* in, aftercare_agent& handle) {
    if (in == nullptr) return AFTERCARE_OK;
    return copy_sized(in, offsetof(aftercare_handlers, self_test), handle.handlers);
}

aftercare_result take_ports(const aftercare_ports* in, aftercare_agent& handle) {
    return copy_sized(in, offsetof(aftercare_ports, log), handle.ports);
}

HandlerPort handler_port(aftercare_agent& handle) {
    HandlerPort port;
    port.context = &handle;
    if (handle.handlers.notice != nullptr) {
        port.notice = [](void* c, const Notice& n) {
            const aftercare_handlers& to = self(c).handlers;
            to.notice(to.context, n.notice_id, Terminated<48>{n.message_key}.get(),
                      Terminated<16>{n.language}.get(), Terminated<48>{n.article}.get(),
                      n.expires_unix_ms);
        };
    }
    if (handle.handlers.self_test != nullptr) {
        port.self_test = [](void* c, const SelfTestRequest& r) {
            self(c).handlers.self_test(self(c).handlers.context, r.request_id, r.test_id);
        };
    }
    if (handle.handlers.consent_query != nullptr) {
        port.consent_query = [](void* c, const ConsentQuery& q) {
            self(c).handlers.consent_query(self(c).handlers.context, q.request_id);
        };
    }
    return port;
}

}  // namespace aftercare::agent

extern "C" {

const char* aftercare_result_text(aftercare_result result) {
    switch (result) {
        case AFTERCARE_OK:
            return "ok";
        case AFTERCARE_INVALID:
            return "an argument or option is wrong";
        case AFTERCARE_EXHAUSTED:
            return "a bound is reached";
        case AFTERCARE_UNAVAILABLE:
            return "the storage failed";
        case AFTERCARE_DENIED:
            return "no consent for this purpose";
        case AFTERCARE_CONFLICT:
            return "already done differently";
        case AFTERCARE_NEWER:
            return "a struct is of a later header than this library; update the library";
    }
    return "unknown result";
}

const char* aftercare_version(void) {
    return AFTERCARE_VERSION;
}

size_t aftercare_memory_bytes(const aftercare_options* options) {
    Options o;
    const bool ok = options_from_c(options, o) == AFTERCARE_OK;
    return ok ? kHandleBytes + Agent::memory_bytes(o) : 0;
}

aftercare_result aftercare_open(const aftercare_options* options, const aftercare_ports* ports,
                                const aftercare_handlers* handlers, void* memory,
                                size_t memory_size, aftercare_agent** agent) {
    Options o;
    if (agent == nullptr || memory == nullptr ||
        reinterpret_cast<std::uintptr_t>(memory) % alignof(std::max_align_t) != 0) {
        return AFTERCARE_INVALID;
    }
    aftercare_result taken = options_from_c(options, o);
    if (taken != AFTERCARE_OK) return taken;
    if (memory_size < kHandleBytes) return AFTERCARE_EXHAUSTED;
    auto* handle = new (memory) aftercare_agent{};
    taken = take_ports(ports, *handle);
    if (taken == AFTERCARE_OK) taken = handlers_from_c(handlers, *handle);
    if (taken != AFTERCARE_OK) return taken;
    if (!complete(handle->ports)) return AFTERCARE_INVALID;
    const std::span bytes{static_cast<std::byte*>(memory), memory_size};
    auto opened = Agent::open(o, ports_from_c(*handle), bytes.subspan(kHandleBytes));
    if (!opened) return result_to_c(opened.error());
    handle->agent = *opened;
    *agent = handle;
    return AFTERCARE_OK;
}

void aftercare_close(aftercare_agent* agent) {
    if (agent != nullptr) Agent::close(agent->agent);
}

void aftercare_poll(aftercare_agent* agent) {
    const Guard guard{agent};
    agent->agent->poll();
}

uint64_t aftercare_next_poll_ms(const aftercare_agent* agent) {
    const Guard guard{agent};
    return agent->agent->next_poll_ms();
}

void aftercare_on_connected(aftercare_agent* agent) {
    const Guard guard{agent};
    agent->agent->on_connected();
}

void aftercare_on_disconnected(aftercare_agent* agent) {
    const Guard guard{agent};
    agent->agent->on_disconnected();
}

void aftercare_network_up(aftercare_agent* agent) {
    const Guard guard{agent};
    agent->agent->network_up();
}

void aftercare_on_downlink(aftercare_agent* agent, const void* payload, size_t size) {
    const Guard guard{agent};
    agent->agent->on_downlink({static_cast<const std::byte*>(payload), size});
}

void aftercare_flush(aftercare_agent* agent) {
    const Guard guard{agent};
    agent->agent->flush();
}

aftercare_result aftercare_fault(aftercare_agent* agent, uint32_t code, aftercare_fault_state state,
                                 const aftercare_value* snapshot, size_t snapshot_count,
                                 aftercare_accepted* accepted) {
    Fault fault{.code = code, .state = static_cast<FaultState>(state)};
    if (!copy_values(snapshot, snapshot_count, fault.snapshot)) return AFTERCARE_INVALID;
    const Guard guard{agent};
    return give(agent->agent->fault(fault), accepted);
}

aftercare_result aftercare_reading(aftercare_agent* agent, uint32_t window_ms,
                                   const aftercare_summary* metrics, size_t metric_count,
                                   aftercare_accepted* accepted) {
    if (metrics == nullptr || metric_count > kMetricsPerReadingMax) return AFTERCARE_INVALID;
    Reading reading;
    reading.window_ms = window_ms;
    for (std::size_t i = 0; i < metric_count; ++i) {
        const aftercare_summary& m = metrics[i];
        reading.metrics.add({m.metric_id, m.n, m.mean, m.min, m.max, m.last, m.deviation});
    }
    const Guard guard{agent};
    return give(agent->agent->reading(reading), accepted);
}

aftercare_result aftercare_usage_record(aftercare_agent* agent, const aftercare_usage* usage,
                                        aftercare_accepted* accepted) {
    aftercare_usage in;
    const aftercare_result copied = copy_sized(usage, offsetof(aftercare_usage, counters), in);
    if (copied != AFTERCARE_OK) return copied;
    if (in.counter_count > kCountersPerUsageMax ||
        (in.counter_count > 0 && in.counters == nullptr)) {
        return AFTERCARE_INVALID;
    }
    Usage out{in.programme_id, in.duration_s, in.energy_wh, in.water_ml, in.completed, {}};
    for (std::size_t i = 0; i < in.counter_count; ++i) {
        out.counters.add({in.counters[i].counter_id, in.counters[i].value});
    }
    const Guard guard{agent};
    return give(agent->agent->usage(out), accepted);
}

aftercare_result aftercare_part_replaced(aftercare_agent* agent, uint32_t component_id,
                                         aftercare_accepted* accepted) {
    const Lifecycle event{.kind = LifecycleKind::part_replaced, .component_id = component_id};
    const Guard guard{agent};
    return give(agent->agent->lifecycle(event), accepted);
}

aftercare_result aftercare_self_test(aftercare_agent* agent, uint32_t test_id, uint64_t request_id,
                                     aftercare_test_result result, const aftercare_value* measured,
                                     size_t measured_count, aftercare_accepted* accepted) {
    SelfTest test{test_id, request_id, static_cast<TestResult>(result), {}};
    if (!copy_values(measured, measured_count, test.measured)) return AFTERCARE_INVALID;
    const Guard guard{agent};
    return give(agent->agent->self_test(test), accepted);
}

aftercare_result aftercare_lost(aftercare_agent* agent, uint32_t count) {
    const Lifecycle event{.kind = LifecycleKind::gap_declared, .lost_count = count};
    const Guard guard{agent};
    return give(agent->agent->lifecycle(event), nullptr);
}

aftercare_result aftercare_consent(aftercare_agent* agent, uint32_t epoch, uint32_t purposes) {
    const Guard guard{agent};
    const auto done = agent->agent->consent(epoch, purposes);
    return done ? AFTERCARE_OK : result_to_c(done.error());
}

aftercare_result aftercare_get_state(const aftercare_agent* agent, aftercare_state* state) {
    if (state == nullptr || state->size < offsetof(aftercare_state, corrupt_frames)) {
        return AFTERCARE_INVALID;
    }
    if (state->size > sizeof *state) return AFTERCARE_NEWER;
    const Guard guard{agent};
    const State s = agent->agent->state();
    const Settings settings = agent->agent->settings();
    const LaneState& urgent = s.lanes[index(Lane::urgent)];
    const LaneState& bulk = s.lanes[index(Lane::bulk)];
    const aftercare_state all{state->size,
                              s.stream_id,
                              s.boot,
                              s.connected,
                              urgent.held_count,
                              bulk.held_count,
                              urgent.acked_through,
                              bulk.acked_through,
                              s.dropped[0],
                              s.dropped[1],
                              s.dropped[2],
                              s.dropped[3],
                              s.corrupt_frames,
                              s.spool_used_bytes,
                              s.spool_size_bytes,
                              s.reports_sent,
                              s.reports_resent,
                              s.storage_errors,
                              settings.config_version,
                              settings.reading_window_s,
                              settings.consent_epoch,
                              settings.consent_purposes};
    std::memcpy(state, &all, state->size);
    return AFTERCARE_OK;
}

}  // extern "C"
