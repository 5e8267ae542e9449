#include "firmware_sim/io/mqtt_client.hpp"

#include <mosquitto.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <mutex>
#include <utility>

#include "common/result.hpp"
#include "firmware_sim/io/event_loop_asio.hpp"

namespace aftercare::sim {
namespace asio = boost::asio;

// libmosquitto owns the socket; Asio only watches it, and must let go before anybody else can get
// the same descriptor number. The library closes sockets inside its own calls, hence `let_go` in
// its disconnect callback.
struct MqttClient::Impl : std::enable_shared_from_this<Impl> {
    EventLoop& loop;
    MqttOptions options;
    MqttEvents* events;  ///< null once the client is gone
    mosquitto* handle = nullptr;
    asio::posix::stream_descriptor watched;
    std::uint64_t connection = 0;  ///< stale completions of an earlier socket carry another number
    bool connected = false;
    bool attempted = false;  ///< an attempt or a connection whose end has not been told yet
    bool writing = false;    ///< waits for the socket to take more

    Impl(EventLoop& event_loop, MqttOptions mqtt_options, MqttEvents& mqtt_events)
        : loop(event_loop),
          options(std::move(mqtt_options)),
          events(&mqtt_events),
          watched(event_loop.impl().context) {
        static std::once_flag once;
        std::call_once(once, [] { mosquitto_lib_init(); });
        handle = mosquitto_new(options.client_id.c_str(), false, this);
        AFTERCARE_ASSERT(handle != nullptr);
        if (!options.username.empty()) {
            mosquitto_username_pw_set(handle, options.username.c_str(), options.password.c_str());
        }
        mosquitto_int_option(handle, MOSQ_OPT_TCP_NODELAY, 1);
        mosquitto_connect_callback_set(handle, [](mosquitto*, void* self, int code) {
            static_cast<Impl*>(self)->on_connack(code);
        });
        mosquitto_disconnect_callback_set(
            handle, [](mosquitto*, void* self, int) { static_cast<Impl*>(self)->let_go(); });
        mosquitto_message_callback_set(
            handle, [](mosquitto*, void* self, const mosquitto_message* message) {
                static_cast<Impl*>(self)->on_message(*message);
            });
    }
    ~Impl() {
        let_go();
        mosquitto_destroy(handle);
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void let_go() {
        ++connection;
        writing = false;
        if (watched.is_open()) watched.release();
    }

    void on_connack(int code) {
        if (code != 0) {
            lose(mosquitto_connack_string(code));
            return;
        }
        connected = true;
        if (!options.subscription.empty()) {
            mosquitto_subscribe(handle, nullptr, options.subscription.c_str(), 1);
        }
        if (events != nullptr) events->on_connected();
    }

    void on_message(const mosquitto_message& message) {
        if (events == nullptr) return;
        events->on_message({static_cast<const std::byte*>(message.payload),
                            static_cast<std::size_t>(message.payloadlen)});
    }

    /// Gives the connection up and tells the owner, once, from the loop.
    void lose(std::string why) {
        if (!std::exchange(attempted, false)) return;
        connected = false;
        let_go();
        loop.defer([self = weak_from_this(), reason = std::move(why)] {
            if (const auto alive = self.lock(); alive && alive->events != nullptr) {
                alive->events->on_disconnected(reason);
            }
        });
    }

    void watch() {
        const int socket = mosquitto_socket(handle);
        if (socket < 0) {
            lose("no socket");
            return;
        }
        if (watched.is_open()) watched.release();
        ++connection;
        writing = false;
        boost::system::error_code failed;
        watched.assign(socket, failed);
        if (failed) {
            lose(failed.message());
            return;
        }
        wait_readable();
        wait_writable();
    }

    void wait_readable() {
        watched.async_wait(asio::posix::stream_descriptor::wait_read,
                           [self = shared_from_this(), mine = connection](auto failed) {
                               if (failed || mine != self->connection) return;
                               self->after_io(mosquitto_loop_read(self->handle, 1), mine);
                               if (mine == self->connection) self->wait_readable();
                           });
    }

    void wait_writable() {
        if (writing || !watched.is_open() || !mosquitto_want_write(handle)) return;
        writing = true;
        watched.async_wait(asio::posix::stream_descriptor::wait_write,
                           [self = shared_from_this(), mine = connection](auto failed) {
                               if (failed || mine != self->connection) return;
                               self->writing = false;
                               self->after_io(mosquitto_loop_write(self->handle, 1), mine);
                           });
    }

    void after_io(int code, std::uint64_t mine) {
        if (code == MOSQ_ERR_SUCCESS && mine == connection) {
            wait_writable();
        } else if (code != MOSQ_ERR_SUCCESS) {
            lose(mosquitto_strerror(code));
        }
    }
};

MqttClient::MqttClient(EventLoop& loop, MqttOptions options, MqttEvents& events)
    : impl_(std::make_shared<Impl>(loop, std::move(options), events)) {}

MqttClient::~MqttClient() {
    impl_->events = nullptr;
    impl_->let_go();
}

void MqttClient::connect(std::string_view will_topic, std::span<const std::byte> will) {
    impl_->let_go();
    impl_->connected = false;
    impl_->attempted = true;
    mosquitto_will_clear(impl_->handle);
    if (!will_topic.empty()) {
        mosquitto_will_set(impl_->handle, std::string(will_topic).c_str(),
                           static_cast<int>(will.size()), will.data(), 1, true);
    }
    const int code = mosquitto_connect_async(impl_->handle, impl_->options.host.c_str(),
                                             impl_->options.port, impl_->options.keep_alive_s);
    if (code != MOSQ_ERR_SUCCESS) {
        impl_->lose(mosquitto_strerror(code));
        return;
    }
    impl_->watch();
}

void MqttClient::disconnect() {
    impl_->attempted = false;
    // The library may close the socket from here on: nobody watches it any more.
    impl_->let_go();
    if (!std::exchange(impl_->connected, false)) return;
    mosquitto_disconnect(impl_->handle);
    mosquitto_loop_write(impl_->handle, 1);
}

bool MqttClient::publish(std::string_view topic, std::span<const std::byte> payload, bool retain) {
    if (!impl_->connected) return false;
    const int code = mosquitto_publish(impl_->handle, nullptr, std::string(topic).c_str(),
                                       static_cast<int>(payload.size()), payload.data(), 1, retain);
    impl_->wait_writable();
    return code == MOSQ_ERR_SUCCESS;
}

void MqttClient::keep_alive() {
    if (!impl_->watched.is_open()) return;
    const std::uint64_t mine = impl_->connection;
    impl_->after_io(mosquitto_loop_misc(impl_->handle), mine);
}

bool MqttClient::connected() const {
    return impl_->connected;
}

}  // namespace aftercare::sim
