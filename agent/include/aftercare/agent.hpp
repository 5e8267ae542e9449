// Aftercare agent for C++17 and later, header only over agent.h: a handle that closes itself.
// Threads, lifetimes and errors are those of agent.h.
#pragma once

#include <aftercare/agent.h>
#include <aftercare/telemetry.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

namespace aftercare {

class Device {
  public:
    /// An agent with a thread of its own.  Empty and `*why` set when it cannot start.
    static std::optional<Device> start(const aftercare_options& options,
                                       const aftercare_linux_options& linux_options,
                                       const aftercare_handlers* handlers = nullptr,
                                       aftercare_result* why = nullptr) {
        aftercare_agent* agent = nullptr;
        const aftercare_result result = aftercare_start(&options, &linux_options, handlers, &agent);
        if (why != nullptr) *why = result;
        if (result != AFTERCARE_OK) return std::nullopt;
        return Device{agent};
    }
    /// Waits up to 5 s for acknowledgements of what is in flight.
    ~Device() { aftercare_stop(agent_, 5'000); }
    Device(Device&& other) noexcept : agent_(std::exchange(other.agent_, nullptr)) {}
    Device& operator=(Device&& other) noexcept {
        std::swap(agent_, other.agent_);
        return *this;
    }
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    aftercare_result fault(std::uint32_t code, aftercare_fault_state state,
                           std::initializer_list<aftercare_value> snapshot = {},
                           aftercare_accepted* accepted = nullptr) {
        return aftercare_fault(agent_, code, state, snapshot.begin(), snapshot.size(), accepted);
    }
    aftercare_result reading(std::uint32_t window_ms, const std::vector<aftercare_summary>& metrics,
                             aftercare_accepted* accepted = nullptr) {
        return aftercare_reading(agent_, window_ms, metrics.data(), metrics.size(), accepted);
    }
    aftercare_result usage(const aftercare_usage& usage, aftercare_accepted* accepted = nullptr) {
        return aftercare_usage_record(agent_, &usage, accepted);
    }
    aftercare_result consent(std::uint32_t epoch, std::uint32_t purposes) {
        return aftercare_consent(agent_, epoch, purposes);
    }
    void flush() { aftercare_flush(agent_); }
    void network_up() { aftercare_network_up(agent_); }
    [[nodiscard]] aftercare_state state() const {
        aftercare_state state{};
        state.size = sizeof state;
        aftercare_get_state(agent_, &state);
        return state;
    }
    /// For what this wrapper leaves out.
    [[nodiscard]] aftercare_agent* handle() { return agent_; }

  private:
    explicit Device(aftercare_agent* agent) : agent_(agent) {}
    aftercare_agent* agent_;
};

/// The telemetry kit of a device: raw signals in, records out. Close it before the device.
class Telemetry {
  public:
    /// Empty and `*why` set when the options are invalid.  Lifetime: the device outlives the kit.
    static std::optional<Telemetry> open(Device& device, const aftercare_telemetry_options& options,
                                         aftercare_result* why = nullptr) {
        Telemetry kit;
        kit.memory_.resize(aftercare_telemetry_memory_bytes(&options) / sizeof(std::max_align_t) +
                           1);
        const aftercare_result result =
            aftercare_telemetry_open(device.handle(), &options, kit.memory_.data(),
                                     kit.memory_.size() * sizeof(std::max_align_t), &kit.kit_);
        if (why != nullptr) *why = result;
        if (result != AFTERCARE_OK) return std::nullopt;
        return kit;
    }
    /// Takes over the kit that aftercare_linux_options::telemetry asked Device::start for.
    explicit Telemetry(aftercare_telemetry* started) : kit_(started) {}
    ~Telemetry() { aftercare_telemetry_close(kit_); }
    Telemetry(Telemetry&& other) noexcept
        : memory_(std::move(other.memory_)), kit_(std::exchange(other.kit_, nullptr)) {}
    Telemetry& operator=(Telemetry&&) = delete;
    Telemetry(const Telemetry&) = delete;
    Telemetry& operator=(const Telemetry&) = delete;

    aftercare_result sample(std::uint32_t metric_id, float value) {
        return aftercare_sample(kit_, metric_id, value);
    }
    aftercare_result condition(std::uint32_t code, bool holds) {
        return aftercare_condition(kit_, code, holds);
    }
    aftercare_result occurred(std::uint32_t code) { return aftercare_occurred(kit_, code); }
    aftercare_result count(std::uint32_t counter_id, std::uint64_t raw, std::uint32_t bits = 32) {
        return aftercare_count(kit_, counter_id, raw, bits);
    }
    aftercare_result count_from(std::uint32_t counter_id, std::uint64_t total, std::uint64_t raw) {
        return aftercare_count_from(kit_, counter_id, total, raw);
    }
    /// Empty when it was not counted since the boot.
    [[nodiscard]] std::optional<std::uint64_t> counter_total(std::uint32_t counter_id) const {
        std::uint64_t total = 0;
        if (aftercare_counter_total(kit_, counter_id, &total) != AFTERCARE_OK) return std::nullopt;
        return total;
    }
    aftercare_result cycle_begin(std::uint32_t programme_id) {
        return aftercare_cycle_begin(kit_, programme_id);
    }
    aftercare_result cycle_end(bool completed, std::uint32_t energy_wh = 0,
                               std::uint32_t water_ml = 0, aftercare_accepted* accepted = nullptr) {
        return aftercare_cycle_end(kit_, completed, energy_wh, water_ml, accepted);
    }

  private:
    Telemetry() = default;
    std::vector<std::max_align_t> memory_;
    aftercare_telemetry* kit_ = nullptr;
};

}  // namespace aftercare
