#include "agent/io/paho_transport.hpp"

#include <MQTTAsync.h>
#include <mqtt/async_client.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>

#include "agent/io/link_diagnosis.hpp"

namespace aftercare::agent {
namespace {

// The broker confirms what it holds; more than this unconfirmed and the agent waits.
constexpr std::uint32_t kUnconfirmedMax = 32;
// Downlinks are small and seldom; acknowledgements are cumulative, so a dropped one costs a resend.
constexpr std::size_t kEventsMax = 1024;
constexpr auto kDiagnoseEvery = std::chrono::minutes{10};

std::string paho_url(const std::string& url) {
    if (url.starts_with("mqtt://")) return "tcp://" + url.substr(7);
    if (url.starts_with("mqtts://")) return "ssl://" + url.substr(8);
    return url;
}

// Source: MQTT 5.0, table 3-1; MQTT 3.1.1, table 3.1.
std::string_view meaning(int code) {
    switch (code) {
        case 4:
        case 134:
            return " (bad user name or password)";
        case 5:
        case 135:
            return " (not authorised)";
        case 136:
            return " (server unavailable)";
        case 137:
            return " (server busy)";
        case 138:
            return " (banned)";
        default:
            return "";
    }
}

// Paho gives the broker's answer as reason code or as return code, depending on where it failed.
// Empty when no broker answered.
std::string reason_of(const mqtt::token& token) {
    const int reason = static_cast<int>(token.get_reason_code());
    const int code = reason >= 128 ? reason : token.get_return_code();
    if (code > 0) {
        return "refused by the broker, code " + std::to_string(code) + std::string(meaning(code));
    }
    return {};
}

}  // namespace

// One Paho client per connection attempt: what an old one still held in memory is dropped with it,
// and the spool sends it again under a fresh header. The broker's session outlives them all.
struct PahoTransport::Impl {
    class Attempt final : public virtual mqtt::callback, public virtual mqtt::iaction_listener {
      public:
        Attempt(Impl& impl, std::uint64_t number)
            : impl_(impl),
              number_(number),
              client_(paho_url(impl.options.url), impl.options.client_id,
                      mqtt::create_options{version_of(impl.options)}) {
            client_.set_callback(*this);
        }
        void begin(std::string_view will_topic, std::span<const std::byte> will) {
            const BrokerOptions& o = impl_.options;
            mqtt::connect_options c;
            c.set_mqtt_version(version_of(o));
            if (o.mqtt5) {
                c.set_clean_start(false);
                mqtt::properties properties;
                properties.add({mqtt::property::SESSION_EXPIRY_INTERVAL,
                                static_cast<std::int32_t>(o.session_expiry_s)});
                c.set_properties(properties);
            } else {
                c.set_clean_session(false);
            }
            c.set_keep_alive_interval(static_cast<int>(o.keepalive_s));
            c.set_max_inflight(static_cast<int>(kUnconfirmedMax));
            c.set_connect_timeout(20);
            if (!o.username.empty()) c.set_user_name(o.username);
            if (!o.password.empty()) c.set_password(o.password);
            will_ = mqtt::make_message(std::string(will_topic), will.data(), will.size(), 1, true);
            c.set_will(*will_);
            if (o.url.starts_with("mqtts://")) c.set_ssl(tls());
            client_.connect(c, nullptr, *this);
        }
        void publish(std::string_view topic, std::span<const std::byte> payload, bool retain) {
            client_.publish(std::string(topic), payload.data(), payload.size(), 1, retain);
        }
        /// Asks for the end without waiting. An attempt still under way ends itself in on_success.
        void give_up() {
            try {
                if (client_.is_connected()) client_.disconnect();
            } catch (const mqtt::exception&) {
                // It was gone already.
            }
        }
        /// The broker keeps the will to itself after a proper goodbye: so it is said before.
        void leave() {
            if (!client_.is_connected()) return;
            // Who does not answer that will not answer the goodbye either.
            if (!client_.publish(will_)->wait_for(std::chrono::seconds{1})) return;
            client_.disconnect()->wait_for(std::chrono::seconds{1});
        }

      private:
        static int version_of(const BrokerOptions& o) {
            return o.mqtt5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
        }
        [[nodiscard]] mqtt::ssl_options tls() const {
            const BrokerOptions& o = impl_.options;
            mqtt::ssl_options ssl;
            if (!o.ca_file.empty()) ssl.set_trust_store(o.ca_file);
            if (!o.cert_file.empty()) ssl.set_key_store(o.cert_file);
            if (!o.key_file.empty()) ssl.set_private_key(o.key_file);
            ssl.set_verify(true);
            ssl.set_enable_server_cert_auth(true);
            // Any version that this level allows, which with OpenSSL 3 is 1.2 and later: naming a
            // version would shut out later ones.
            ssl.set_ssl_version(MQTT_SSL_VERSION_DEFAULT);
            ssl.set_enabled_cipher_suites("DEFAULT:@SECLEVEL=2");
            return ssl;
        }

        // Paho's threads from here on: enqueue and go.
        void on_success(const mqtt::token& token) override {
            if (!impl_.is_current(number_)) return give_up();
            // Paho C++ 1.2.0 reports some successes twice.
            if (token.get_type() == mqtt::token::CONNECT && !connected_.exchange(true)) {
                try {
                    client_.subscribe(impl_.options.down_topic, 1, nullptr, *this);
                } catch (const mqtt::exception& error) {
                    impl_.put(number_, {LinkEvent::Kind::disconnected, error.what()});
                }
            }
            if (token.get_type() == mqtt::token::SUBSCRIBE && !subscribed_.exchange(true)) {
                impl_.put(number_, {LinkEvent::Kind::connected, {}});
            }
        }
        void on_failure(const mqtt::token& token) override {
            std::string reason = reason_of(token);
            if (reason.empty()) reason = "cannot connect" + impl_.diagnose();
            impl_.put(number_, {LinkEvent::Kind::disconnected, std::move(reason)});
        }
        void connection_lost(const std::string& cause) override {
            impl_.put(number_, {LinkEvent::Kind::disconnected,
                                cause.empty() ? "connection lost" : "connection lost: " + cause});
        }
        void message_arrived(mqtt::const_message_ptr message) override {
            impl_.put(number_, {LinkEvent::Kind::message, message->get_payload_str()});
        }
        void delivery_complete(mqtt::delivery_token_ptr) override {
            impl_.unconfirmed.fetch_sub(1);
            impl_.wake();
        }

        Impl& impl_;
        std::uint64_t number_;
        std::atomic<bool> connected_{false};
        std::atomic<bool> subscribed_{false};
        mqtt::message_ptr will_;
        mqtt::async_client client_;
    };

    Impl(BrokerOptions o, std::function<void()> w) : options(std::move(o)), wake(std::move(w)) {
        // Paho keeps its last calls as texts that nobody reads: memory and time.
        MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_ERROR);
    }

    void put(std::uint64_t number, LinkEvent event) {
        {
            const std::lock_guard lock{mutex};
            if (number != current) return;  // of a client that is already given up
            if (events.size() >= kEventsMax && event.kind == LinkEvent::Kind::message) {
                ++dropped;
                return;
            }
            events.push_back(std::move(event));
        }
        wake();
    }

    /// Blocks, and the broker sees it as one more connection: so not with every attempt. Called by
    /// Paho's threads, one attempt at a time.
    std::string diagnose() {
        const auto now = std::chrono::steady_clock::now();
        if (!diagnosed || now - *diagnosed >= kDiagnoseEvery) {
            diagnosed = now;
            diagnosis = why_unreachable(
                {options.url, options.ca_file, options.cert_file, options.key_file});
            if (!diagnosis.empty()) diagnosis.insert(0, ": ");
        }
        return diagnosis;
    }

    bool is_current(std::uint64_t number) {
        const std::lock_guard lock{mutex};
        return number == current;
    }

    void connect(std::string_view will_topic, std::span<const std::byte> will) {
        disconnect();
        std::uint64_t number = 0;
        {
            const std::lock_guard lock{mutex};
            number = ++current;
        }
        unconfirmed = 0;
        try {
            attempt = std::make_unique<Attempt>(*this, number);
            attempt->begin(will_topic, will);
        } catch (const mqtt::exception& error) {
            put(number, {LinkEvent::Kind::disconnected, error.what()});
        }
    }

    void disconnect() {
        {
            const std::lock_guard lock{mutex};
            ++current;
            events.clear();
        }
        // One of Paho's threads may be inside a callback of this client: it lives on until the
        // next.
        if (attempt) attempt->give_up();
        given_up = std::move(attempt);
    }

    bool publish(std::string_view topic, std::span<const std::byte> payload, bool retain) {
        if (!attempt || unconfirmed.load() >= kUnconfirmedMax) return false;
        unconfirmed.fetch_add(1);
        try {
            attempt->publish(topic, payload, retain);
            return true;
        } catch (const mqtt::exception&) {
            unconfirmed.fetch_sub(1);
            return false;
        }
    }

    BrokerOptions options;
    std::function<void()> wake;
    std::mutex mutex;
    std::uint64_t current = 0;
    std::uint64_t dropped = 0;
    std::vector<LinkEvent> events;
    std::atomic<std::uint32_t> unconfirmed{0};
    std::optional<std::chrono::steady_clock::time_point> diagnosed;
    std::string diagnosis;
    std::unique_ptr<Attempt> given_up;
    std::unique_ptr<Attempt> attempt;
};

PahoTransport::PahoTransport(BrokerOptions options, std::function<void()> wake)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(wake))) {}
PahoTransport::~PahoTransport() {
    impl_->disconnect();
}

TransportPort PahoTransport::port() {
    TransportPort port;
    port.context = impl_.get();
    port.connect = [](void* c, std::string_view topic, std::span<const std::byte> will) {
        static_cast<Impl*>(c)->connect(topic, will);
    };
    port.disconnect = [](void* c) { static_cast<Impl*>(c)->disconnect(); };
    port.publish = [](void* c, std::string_view topic, std::span<const std::byte> payload,
                      bool retain) {
        return static_cast<Impl*>(c)->publish(topic, payload, retain);
    };
    return port;
}

std::vector<LinkEvent> PahoTransport::drain() {
    const std::lock_guard lock{impl_->mutex};
    return std::exchange(impl_->events, {});
}

std::uint32_t PahoTransport::unconfirmed() const {
    return impl_->unconfirmed.load();
}

std::uint64_t PahoTransport::dropped_count() const {
    const std::lock_guard lock{impl_->mutex};
    return impl_->dropped;
}

void PahoTransport::leave() {
    if (!impl_->attempt) return;
    try {
        impl_->attempt->leave();
    } catch (const mqtt::exception&) {
        // Leaving is a courtesy: a link that breaks meanwhile is left just as well.
    }
}

}  // namespace aftercare::agent
