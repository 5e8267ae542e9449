// One MQTT connection of one simulated appliance: libmosquitto driven by the shared event loop, so
// that thousands live in one thread.
//
// Thread: the loop's. No method calls back from inside; every event comes from the loop.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "firmware_sim/io/event_loop.hpp"

namespace aftercare::sim {

struct MqttOptions {
    std::string host;
    std::uint16_t port = 0;
    std::string client_id;
    std::string username;  ///< empty = anonymous
    std::string password;
    std::string subscription;  ///< QoS 1, made anew at each connection
    int keep_alive_s = 60;
};

class MqttEvents {
  public:
    virtual ~MqttEvents() = default;
    virtual void on_connected() = 0;
    /// Also when an attempt to connect failed.
    virtual void on_disconnected(std::string_view why) = 0;
    virtual void on_message(std::span<const std::byte> payload) = 0;
};

class MqttClient {
  public:
    /// Lifetime: `loop` and `events` outlive the client.
    MqttClient(EventLoop& loop, MqttOptions options, MqttEvents& events);
    ~MqttClient();
    MqttClient(const MqttClient&) = delete;
    MqttClient& operator=(const MqttClient&) = delete;

    /// The session is persistent, so that a notice waits in the broker while the appliance is away.
    void connect(std::string_view will_topic, std::span<const std::byte> will);
    void disconnect();
    /// QoS 1. False when not connected or out of memory.
    bool publish(std::string_view topic, std::span<const std::byte> payload, bool retain);
    /// Sends pings and notices a dead broker. Call about once a second.
    void keep_alive();
    [[nodiscard]] bool connected() const;

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace aftercare::sim
