// MQTT through Paho C++. Paho's threads only enqueue; everything else happens where `drain` is
// called.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/ports/ports.hpp"

namespace aftercare::agent {

struct BrokerOptions {
    std::string url;        ///< mqtt://host:port or mqtts://host:port
    std::string client_id;  ///< the device id
    std::string username;
    std::string password;
    std::string ca_file;    ///< mqtts: trusted certificates; empty = the system's
    std::string cert_file;  ///< mutual TLS
    std::string key_file;
    std::uint32_t keepalive_s = 60;
    std::uint32_t session_expiry_s = 86'400;  ///< the broker keeps downlinks this long
    bool mqtt5 = true;                        ///< false = 3.1.1
    std::string down_topic;
};

/// What came from the link, in order.
struct LinkEvent {
    enum class Kind : std::uint8_t { connected, disconnected, message };
    Kind kind = Kind::message;
    std::string text;  ///< why disconnected, or the payload
};

class PahoTransport {
  public:
    /// `wake` is called from foreign threads whenever an event waits; it must not call back.
    PahoTransport(BrokerOptions options, std::function<void()> wake);
    ~PahoTransport();
    PahoTransport(const PahoTransport&) = delete;
    PahoTransport& operator=(const PahoTransport&) = delete;

    [[nodiscard]] TransportPort port();
    /// Events since the last call.
    std::vector<LinkEvent> drain();
    /// Handed over and not confirmed by the broker yet.
    [[nodiscard]] std::uint32_t unconfirmed() const;
    /// Downlinks dropped because the queue was full.
    [[nodiscard]] std::uint64_t dropped_count() const;
    /// Says what the will says and leaves the broker properly.  Cost: at most 2 s.
    void leave();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace aftercare::agent
