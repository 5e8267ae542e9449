#include "collector/io/paho/paho_source.hpp"

#include <mqtt/async_client.h>

#include <atomic>
#include <deque>
#include <fstream>
#include <mutex>
#include <optional>
#include <thread>

#include "common/backoff.hpp"
#include "common/rng.hpp"

namespace aftercare::collector {
namespace {

constexpr milliseconds kBackoffBase{500};
constexpr milliseconds kBackoffCap{30'000};
constexpr std::chrono::seconds kConnectTimeout{10};
constexpr std::chrono::seconds kCloseTimeout{2};
constexpr std::chrono::microseconds kCaughtUpGap{50};
constexpr milliseconds kRest{2};
constexpr milliseconds kSendPause{50};  ///< when Paho's own queue is full
constexpr int kUpQos = 1;
constexpr int kPresenceQos = 1;
/// Never subscribed to: unsubscribing from it asks for an answer and changes nothing.
constexpr const char* kNobodysFilter = "aftercare/v1/-/-/-/-";
constexpr int kInflightMax = 65'535;
constexpr int kDeskQos = 1;
constexpr const char* kDeskFilter = "aftercare-desk/v1/+/+/outcomes";

/// Word from Paho's thread about what was handed to it with a key.
class Receipts final : public mqtt::iaction_listener {
  public:
    void add(std::uint64_t key, bool taken) {
        const std::lock_guard lock(mutex_);
        list_.push_back({key, taken});
    }
    std::vector<Source::Receipt> take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(list_, {});
    }
    void on_success(const mqtt::token& token) override { add(key_of(token), true); }
    void on_failure(const mqtt::token& token) override { add(key_of(token), false); }
    /// Paho carries a pointer around for us; ours is a number.
    static void* context_of(std::uint64_t key) { return reinterpret_cast<void*>(key); }

  private:
    static std::uint64_t key_of(const mqtt::token& token) {
        return reinterpret_cast<std::uint64_t>(token.get_user_context());
    }
    std::mutex mutex_;
    std::vector<Source::Receipt> list_;
};

Status readable(const std::string& what, const std::string& file) {
    if (file.empty() || std::ifstream(file).good()) return {};
    return fail(Errc::invalid, what + " \"" + file + "\" cannot be read");
}

/// Fills `connecting` where it stays: paho.mqtt.cpp 1.2.0 lets copies and moved ones point at the
/// properties of the object they were made from (its issue 444).
void configure(mqtt::connect_options& connecting, const PahoOptions& options, bool tls) {
    mqtt::properties properties;
    properties.add({mqtt::property::SESSION_EXPIRY_INTERVAL,
                    static_cast<std::int32_t>(options.session_expiry.count())});
    properties.add({mqtt::property::RECEIVE_MAXIMUM, options.receive_maximum});
    connecting.set_mqtt_version(MQTTVERSION_5);
    connecting.set_clean_start(false);
    connecting.set_properties(std::move(properties));
    connecting.set_keep_alive_interval(options.keep_alive);
    connecting.set_connect_timeout(kConnectTimeout);
    connecting.set_max_inflight(kInflightMax);
    if (!options.username.empty()) connecting.set_user_name(options.username);
    if (!options.password.empty()) connecting.set_password(options.password);
    if (!tls) return;
    mqtt::ssl_options ssl;
    if (!options.ca_file.empty()) ssl.set_trust_store(options.ca_file);
    if (!options.cert_file.empty()) ssl.set_key_store(options.cert_file);
    if (!options.key_file.empty()) ssl.set_private_key(options.key_file);
    ssl.set_enable_server_cert_auth(true);
    ssl.set_verify(true);  // the host name too
    ssl.set_ssl_version(MQTT_SSL_VERSION_TLS_1_2);
    connecting.set_ssl(std::move(ssl));
}

}  // namespace

struct PahoSource::Impl {
    struct OutgoingMail {
        std::string topic;
        std::string payload;
        int qos;
        std::uint64_t key = 0;  ///< of a delivery; 0 = none
    };

    Impl(PahoOptions given, const BrokerAddress& address)
        : options(std::move(given)),
          uri(address.paho_uri),
          queue(options.queue),
          client(address.paho_uri, options.client_id,
                 mqtt::create_options_builder()
                     .mqtt_version(MQTTVERSION_5)
                     .max_buffered_messages(static_cast<int>(options.outgoing_max))
                     .finalize(),
                 nullptr) {
        configure(connecting, options, address.tls);
        // Paho C formats a line of trace for every packet and call even when nobody listens, a
        // third of its time.
        MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_ERROR);
        client.set_message_callback([this](const mqtt::const_message_ptr& message) {
            ++received;
            if (queue.push({message->get_topic(), message->get_payload_str()})) {
                rest_when_caught_up();
            }
        });
        client.set_connection_lost_handler([this](const std::string& cause) {
            lost(cause.empty() ? "connection lost" : "connection lost: " + cause);
        });
        client.set_disconnected_handler([this](const mqtt::properties&, mqtt::ReasonCode code) {
            lost("the broker ended the session: " + mqtt::exception::reason_code_str(code));
        });
    }

    /// A message that came alone was waited for, and waking up costs as much as reading it. The
    /// next ones may gather in the socket; engine and disk take them in far larger portions.
    /// Thread: Paho's.
    void rest_when_caught_up() {
        const auto waited = std::chrono::steady_clock::now() - read_at;
        if (waited > kCaughtUpGap) std::this_thread::sleep_for(kRest);
        read_at = std::chrono::steady_clock::now();
    }

    void lost(const std::string& why) {
        {
            const std::lock_guard lock(mutex);
            if (!up) return;
            up = false;
            down_because = why;
        }
        changed.notify_all();
    }

    void report(bool now_connected, const std::string& why) {
        if (reported.has_value() && *reported == now_connected) return;
        reported = now_connected;
        if (options.on_link) options.on_link(now_connected, why);
    }

    /// Waits for `token` as long as the link and the program live: an answer can be late for a good
    /// reason, because the reader waits for room in the queue.
    void await(const mqtt::token_ptr& token) {
        while (!token->wait_for(milliseconds{200})) {
            if (closing) throw mqtt::exception(MQTTASYNC_FAILURE, "stopped");
            if (!client.is_connected()) throw mqtt::exception(MQTTASYNC_DISCONNECTED);
        }
    }

    void connect_once() {
        auto token = client.connect(connecting);
        if (!token->wait_for(kConnectTimeout + kCloseTimeout)) {
            throw mqtt::exception(MQTTASYNC_FAILURE, "no answer in time");
        }
        {
            const std::lock_guard lock(mutex);
            up = true;
        }
        for (const std::string& filter : leg_filters(options.buckets, "up")) {
            await(client.subscribe(filter, kUpQos));
        }
        if (options.desk) await(client.subscribe(kDeskFilter, kDeskQos));
        // All of them on the first subscription of this process, then only what a broker that has
        // forgotten the session retains.
        const mqtt::subscribe_options retained(
            false, false,
            connects == 0 ? mqtt::subscribe_options::SEND_RETAINED_ON_SUBSCRIBE
                          : mqtt::subscribe_options::SEND_RETAINED_ON_NEW);
        for (const std::string& filter : leg_filters(options.buckets, "presence")) {
            await(client.subscribe(filter, kPresenceQos, retained));
        }
    }

    void keep_connected() {
        Rng rng(options.seed);
        Backoff backoff(kBackoffBase, kBackoffCap);
        while (!closing) {
            try {
                connect_once();
                backoff.reset();
                subscribed = true;
                ++connects;
                report(true, "connected to " + uri);
                const std::string why = serve();
                subscribed = false;
                if (!closing) report(false, why);
            } catch (const mqtt::exception& error) {
                {
                    const std::lock_guard lock(mutex);
                    up = false;
                }
                if (!closing) report(false, uri + ": " + error.what());
            }
            std::unique_lock lock(mutex);
            changed.wait_for(lock, backoff.next(rng), [&] { return closing.load(); });
        }
    }

    /// Sends what the engine hands over, until the link is lost or, at the end, all is sent.
    /// Returns why it was lost.
    std::string serve() {
        std::unique_lock lock(mutex);
        while (true) {
            changed.wait(lock, [&] { return closing || !up || !outgoing.empty(); });
            if (!up || outgoing.empty()) return down_because;
            const OutgoingMail mail = std::move(outgoing.front());
            outgoing.pop_front();
            lock.unlock();
            const bool sent = send(mail);
            lock.lock();
            if (sent) continue;
            if (mail.qos == 0 || closing) {
                ++publish_refused;
                if (mail.key != 0) receipts.add(mail.key, false);
                continue;
            }
            outgoing.push_front(mail);
            changed.wait_for(lock, kSendPause, [&] { return closing || !up; });
        }
    }

    /// False when the bound of Paho's own queue is reached or the link is gone.
    bool send(const OutgoingMail& mail) {
        try {
            const auto message = mqtt::make_message(mail.topic, mail.payload, mail.qos, false);
            if (mail.key == 0) {
                client.publish(message);
            } else {
                client.publish(message, Receipts::context_of(mail.key), receipts);
            }
            ++published;
            return true;
        } catch (const mqtt::exception&) {
            return false;  // counted by the caller, who knows whether it may wait
        }
    }

    /// Closing a socket that holds unread messages resets the connection, and the broker throws
    /// away what it has not read of ours yet: the last acks. So one round trip first: its answer
    /// says that all before it was taken. Meanwhile the reader goes on, into a closed queue: what
    /// is under way at the end is stored nowhere, and its devices send it again.
    void take_leave() {
        try {
            if (!client.is_connected()) return;
            await_answer(client.unsubscribe(kNobodysFilter));
            client.disconnect(kCloseTimeout)->wait_for(kCloseTimeout);
        } catch (const mqtt::exception&) {
            // The link died while it was being closed, which is closed as well.
            subscribed = false;
        }
    }

    /// "There is no such subscription" is an answer, for Paho an error.
    static void await_answer(const mqtt::token_ptr& token) {
        try {
            token->wait_for(kCloseTimeout);
        } catch (const mqtt::exception&) {
            if (!token->is_complete()) throw;
        }
    }

    const PahoOptions options;
    const std::string uri;
    MessageQueue queue;
    std::mutex mutex;
    std::condition_variable changed;
    bool up = false;  ///< the link, by callbacks
    /// Only the connecting thread calls Paho: Paho holds one lock while its callback waits for
    /// room, so that an engine which published by itself would wait for itself.
    std::deque<OutgoingMail> outgoing;
    Receipts receipts;
    std::string down_because;
    std::optional<bool> reported;  ///< only the connecting thread
    std::atomic<bool> closing = false;
    std::atomic<bool> subscribed = false;
    std::atomic<std::uint64_t> received = 0;
    std::atomic<std::uint64_t> published = 0;
    std::atomic<std::uint64_t> publish_refused = 0;
    std::atomic<std::uint64_t> connects = 0;
    std::chrono::steady_clock::time_point read_at;  ///< only Paho's thread
    mqtt::connect_options connecting;
    mqtt::async_client client;  ///< after all that its callbacks touch, so that it ends first
    std::thread connector;
};

PahoSource::PahoSource() = default;

Result<std::unique_ptr<PahoSource>> PahoSource::create(PahoOptions options) {
    auto address = parse_broker_url(options.url);
    if (!address) return fail(std::move(address.error()));
    for (const auto& [what, file] :
         {std::pair{"ca_file", options.ca_file}, std::pair{"cert_file", options.cert_file},
          std::pair{"key_file", options.key_file}}) {
        if (Status status = readable(what, file); !status) return fail(std::move(status.error()));
    }
    std::unique_ptr<PahoSource> source(new PahoSource);
    try {
        source->impl_ = std::make_unique<Impl>(std::move(options), *address);
    } catch (const mqtt::exception& error) {
        return fail(Errc::invalid, "broker " + address->paho_uri + ": " + error.what());
    }
    Impl& impl = *source->impl_;
    impl.connector = std::thread([&impl] { impl.keep_connected(); });
    return source;
}

PahoSource::~PahoSource() {
    if (!impl_) return;
    impl_->queue.close();
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->closing = true;
    }
    impl_->changed.notify_all();
    impl_->connector.join();
    impl_->take_leave();
}

void PahoSource::poll(std::vector<Message>& messages, std::size_t count_max, milliseconds wait) {
    messages.clear();
    impl_->queue.pop(messages, count_max, wait);
}

void PahoSource::publish(const std::string& topic, const std::string& payload, int qos) {
    {
        const std::lock_guard lock(impl_->mutex);
        const bool may_go = impl_->subscribed || qos > 0;
        if (!may_go || impl_->outgoing.size() >= impl_->options.outgoing_max) {
            ++impl_->publish_refused;
            return;
        }
        impl_->outgoing.push_back({topic, payload, qos});
    }
    impl_->changed.notify_all();
}

void PahoSource::deliver(std::uint64_t key, const std::string& topic, const std::string& payload) {
    {
        const std::lock_guard lock(impl_->mutex);
        if (impl_->outgoing.size() >= impl_->options.outgoing_max) {
            ++impl_->publish_refused;
            impl_->receipts.add(key, false);
            return;
        }
        impl_->outgoing.push_back({topic, payload, kDeskQos, key});
    }
    impl_->changed.notify_all();
}

std::vector<Source::Receipt> PahoSource::take_receipts() {
    return impl_->receipts.take();
}

bool PahoSource::connected() const {
    return impl_->subscribed;
}

void PahoSource::hold_intake() {
    impl_->queue.hold();
}

PahoSource::Statistics PahoSource::statistics() const {
    const std::uint64_t connects = impl_->connects;
    return {impl_->queue.depth(), impl_->received, impl_->published, impl_->publish_refused,
            connects == 0 ? 0 : connects - 1};
}

}  // namespace aftercare::collector
