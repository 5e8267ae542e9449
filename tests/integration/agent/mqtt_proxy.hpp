// A proxy in user space between an agent and its broker: it can stop forwarding while both
// connections stay open, as a link does whose other end is gone, and it reads along.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace aftercare::test {

class MqttProxy {
  public:
    /// Forwards one connection at a time to 127.0.0.1:`broker_port`.
    explicit MqttProxy(std::uint16_t broker_port);
    ~MqttProxy();
    MqttProxy(const MqttProxy&) = delete;
    MqttProxy& operator=(const MqttProxy&) = delete;

    [[nodiscard]] std::string url() const;  ///< "mqtt://127.0.0.1:PORT"
    /// While on, nothing passes either way and nothing is closed.
    void hold(bool on);
    /// Bytes of the device's last CONNECT.
    [[nodiscard]] std::string connect_packet() const;
    /// Most PUBLISH of QoS 1 that the device had unconfirmed at a time.
    [[nodiscard]] std::uint32_t unconfirmed_max() const;
    [[nodiscard]] std::uint32_t disconnects() const;  ///< DISCONNECT packets of the device

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace aftercare::test
