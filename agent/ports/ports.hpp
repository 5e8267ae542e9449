// Everything an agent needs from its appliance, as tables of functions: the porting guide in a
// header. Each table carries a `context` that is handed back on every call, so that many agents
// live in one process. No call may re-enter the agent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "common/downlink.hpp"
#include "common/result.hpp"
#include "common/telemetry.hpp"

namespace aftercare::agent {

struct WallReading {
    std::int64_t unix_ms = 0;
    ClockQuality quality = ClockQuality::unknown;
};

struct ClockPort {
    void* context = nullptr;
    /// Drives link timers (ack time-out, back-off). Never goes back.
    std::uint64_t (*link_ms)(void* context) = nullptr;
    /// Milliseconds since this boot; stamps records and drives telemetry windows. The same clock as
    /// `link_ms` in an appliance; a simulation may run it faster. A counter of 32 bits may
    /// wrap here when the agent is called at least every 24 days.
    std::uint64_t (*uptime_ms)(void* context) = nullptr;
    WallReading (*wall)(void* context) = nullptr;
};

/// Erase-before-write storage in equal sectors (raw flash, or a file that behaves like it).
/// An erased byte reads 0xFF; a programmed byte is not programmed again before an erase.
struct StoragePort {
    void* context = nullptr;
    std::uint32_t sector_bytes = 0;  ///< >= 512
    std::uint32_t sector_count = 0;  ///< >= 4
    /// False on an I/O error.
    bool (*read)(void* context, std::uint32_t sector, std::uint32_t offset,
                 std::span<std::byte> into) = nullptr;
    bool (*program)(void* context, std::uint32_t sector, std::uint32_t offset,
                    std::span<const std::byte> bytes) = nullptr;
    bool (*erase)(void* context, std::uint32_t sector) = nullptr;
    /// All programmed bytes survive a power cut once this returns true.
    bool (*sync)(void* context) = nullptr;
};

struct TransportPort {
    void* context = nullptr;
    /// Starts a connection attempt; the answer is Agent::on_connected or on_disconnected. The will
    /// is published by the broker, retained, when the connection is lost.
    void (*connect)(void* context, std::string_view will_topic,
                    std::span<const std::byte> will) = nullptr;
    void (*disconnect)(void* context) = nullptr;
    /// Hands one message over, QoS 1. False: not now (full or offline); the agent tries again
    /// later.
    bool (*publish)(void* context, std::string_view topic, std::span<const std::byte> payload,
                    bool retain) = nullptr;
};

struct EntropyPort {
    void* context = nullptr;
    std::uint64_t (*random64)(void* context) = nullptr;
};

enum class LogLevel : std::uint8_t { debug, info, warning, error };

struct LogPort {
    void* context = nullptr;
    void (*write)(void* context, LogLevel level,
                  std::string_view message) = nullptr;  ///< may be null
};

/// What the appliance does with what the collector asks. Any may be null: then it is ignored.
struct HandlerPort {
    void* context = nullptr;
    void (*notice)(void* context, const Notice& notice) = nullptr;
    void (*self_test)(void* context, const SelfTestRequest& request) = nullptr;
    void (*consent_query)(void* context, const ConsentQuery& query) = nullptr;
};

struct Ports {
    ClockPort clock;
    StoragePort storage;
    TransportPort transport;
    EntropyPort entropy;
    LogPort log;
    HandlerPort handler;
};

}  // namespace aftercare::agent
