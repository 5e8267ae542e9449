#include "tests/integration/agent/mqtt_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace aftercare::test {
namespace {

constexpr int kTickMs = 10;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// Cuts a stream of bytes into MQTT packets.  Source: MQTT 5.0, section 2.1.
class Packets {
  public:
    void feed(const char* bytes, std::size_t size,
              const std::function<void(const std::string&)>& see) {
        pending_.append(bytes, size);
        for (;;) {
            std::size_t length = 0;
            std::size_t at = 1;
            for (unsigned shift = 0;; shift += 7) {
                if (at >= pending_.size()) return;
                const auto byte = static_cast<unsigned char>(pending_[at++]);
                length |= static_cast<std::size_t>(byte & 0x7F) << shift;
                if (byte < 0x80) break;
            }
            if (pending_.size() < at + length) return;
            see(pending_.substr(0, at + length));
            pending_.erase(0, at + length);
        }
    }
    void clear() { pending_.clear(); }

  private:
    std::string pending_;
};

int kind_of(const std::string& packet) {
    return static_cast<unsigned char>(packet[0]) >> 4;
}

}  // namespace

struct MqttProxy::Impl {
    explicit Impl(std::uint16_t to) : broker_port(to), listener(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        ::bind(listener, reinterpret_cast<sockaddr*>(&address), size);
        ::listen(listener, 8);
        ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
        port = ntohs(address.sin_port);
        thread = std::thread{[this] { run(); }};
    }
    ~Impl() {
        stopping = true;
        thread.join();
        drop();
        ::close(listener);
    }

    void run() {
        while (!stopping) {
            std::array<pollfd, 3> set{
                {{listener, POLLIN, 0}, {device, POLLIN, 0}, {broker, POLLIN, 0}}};
            ::poll(set.data(), set.size(), kTickMs);
            std::unique_lock lock{mutex};
            if (holding) {
                passing.wait_for(lock, std::chrono::milliseconds{kTickMs});
            } else if (set[0].revents != 0) {
                accept_next();
            } else if (set[1].revents != 0) {
                forward(device, broker, true);
            } else if (set[2].revents != 0) {
                forward(broker, device, false);
            }
        }
    }
    void accept_next() {
        drop();
        device = ::accept(listener, nullptr, nullptr);
        broker = ::socket(AF_INET, SOCK_STREAM, 0);
        const sockaddr_in address = loopback(broker_port);
        if (::connect(broker, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            drop();
        }
        up.clear();
        down.clear();
        unconfirmed = 0;
    }
    void drop() {
        for (int* file : {&device, &broker}) {
            if (*file >= 0) ::close(*file);
            *file = -1;
        }
    }
    void forward(int from, int to, bool upwards) {
        std::array<char, 4096> bytes;
        const ssize_t count = ::read(from, bytes.data(), bytes.size());
        if (count <= 0) return drop();
        const auto size = static_cast<std::size_t>(count);
        if (upwards) {
            up.feed(bytes.data(), size, [this](const std::string& p) { see_up(p); });
        } else {
            down.feed(bytes.data(), size, [this](const std::string& p) {
                if (kind_of(p) == 4 && unconfirmed > 0) --unconfirmed;  // PUBACK
            });
        }
        for (std::size_t sent = 0; sent < size;) {
            const ssize_t n = ::send(to, bytes.data() + sent, size - sent, MSG_NOSIGNAL);
            if (n <= 0) return drop();
            sent += static_cast<std::size_t>(n);
        }
    }
    void see_up(const std::string& packet) {
        if (kind_of(packet) == 1) connect_packet = packet;
        if (kind_of(packet) == 3 && (packet[0] & 0x06) != 0) {  // PUBLISH
            unconfirmed_max = std::max(unconfirmed_max, ++unconfirmed);
        }
        if (kind_of(packet) == 14) ++disconnects;
    }

    const std::uint16_t broker_port;
    std::uint16_t port = 0;
    int listener;
    int device = -1;
    int broker = -1;
    std::atomic<bool> stopping{false};
    std::mutex mutex;
    std::condition_variable passing;
    bool holding = false;
    Packets up;
    Packets down;
    std::uint32_t unconfirmed = 0;
    std::uint32_t unconfirmed_max = 0;
    std::uint32_t disconnects = 0;
    std::string connect_packet;
    std::thread thread;
};

MqttProxy::MqttProxy(std::uint16_t broker_port) : impl_(std::make_unique<Impl>(broker_port)) {}
MqttProxy::~MqttProxy() = default;

std::string MqttProxy::url() const {
    return "mqtt://127.0.0.1:" + std::to_string(impl_->port);
}
void MqttProxy::hold(bool on) {
    const std::lock_guard lock{impl_->mutex};
    impl_->holding = on;
    impl_->passing.notify_all();
}
std::string MqttProxy::connect_packet() const {
    const std::lock_guard lock{impl_->mutex};
    return impl_->connect_packet;
}
std::uint32_t MqttProxy::unconfirmed_max() const {
    const std::lock_guard lock{impl_->mutex};
    return impl_->unconfirmed_max;
}
std::uint32_t MqttProxy::disconnects() const {
    const std::lock_guard lock{impl_->mutex};
    return impl_->disconnects;
}

}  // namespace aftercare::test
