// Aftercare agent for C++17 and later, header only over agent.h: a handle that closes itself.
// Threads, lifetimes and errors are those of agent.h.
#pragma once

#include <aftercare/agent.h>

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

}  // namespace aftercare
