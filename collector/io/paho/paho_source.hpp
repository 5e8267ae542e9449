// Source over MQTT 5 by Eclipse Paho. The callback only enqueues; a thread of its own keeps the
// link up. The session is persistent, so what arrives while the collector is away waits in the
// broker; what makes delivery safe is the ack after commit, not the broker's PUBACK. Retained
// presences come once after a start, after the reports that waited.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "collector/io/paho/message_queue.hpp"
#include "collector/ports/source.hpp"

namespace aftercare::collector {

struct PahoOptions {
    std::string url;  ///< mqtt://host:port or mqtts://host:port
    std::string client_id;
    std::string username;
    std::string password;
    std::string ca_file;  ///< TLS: who may sign the broker's certificate; empty = the system's list
    std::string cert_file;
    std::string key_file;
    std::vector<unsigned> buckets;  ///< empty = all
    bool desk = false;              ///< takes what service centres report on their desk topics
    MessageQueue::Limits queue;
    std::chrono::seconds session_expiry{7 * 86'400};
    std::chrono::seconds keep_alive{60};
    std::uint16_t receive_maximum = 2'000;  ///< QoS 1 messages the broker may have under way to us
    std::size_t outgoing_max = 20'000;      ///< publications handed over and not yet sent
    std::uint64_t seed = 1;                 ///< of the reconnect jitter
    /// Called once per change with words for the log: the broker went missing or refused, or came
    /// back.
    std::function<void(bool connected, const std::string& why)> on_link;
};

/// The topic filters of these buckets and a leg, "up" or "presence"; a single one when `buckets` is
/// empty.
std::vector<std::string> leg_filters(const std::vector<unsigned>& buckets, const std::string& leg);

/// "mqtt://host:1883" to what Paho calls it; TLS by scheme.  Errors: invalid, naming what is
/// allowed.
struct BrokerAddress {
    std::string paho_uri;
    std::string host;
    bool tls = false;
    bool loopback = false;
};
Result<BrokerAddress> parse_broker_url(const std::string& url);

class PahoSource : public Source {
  public:
    /// Starts connecting at once, in the background: a missing broker is reported and retried with
    /// jitter, never an error here.  Errors: invalid (url, unreadable TLS file).
    static Result<std::unique_ptr<PahoSource>> create(PahoOptions options);
    /// Waits a bounded time until the broker has taken everything published.
    ~PahoSource() override;

    void poll(std::vector<Message>& messages, std::size_t count_max, milliseconds wait) override;
    void publish(const std::string& topic, const std::string& payload, int qos) override;
    void deliver(std::uint64_t key, const std::string& topic, const std::string& payload) override;
    std::vector<Receipt> take_receipts() override;
    [[nodiscard]] bool connected() const override;

    /// Stops taking messages in; what is queued can still be polled, and publishing still works.
    /// The rest waits in the broker, as far as it keeps to `receive_maximum`.
    void hold_intake();
    struct Statistics {
        MessageQueue::Depth queue;
        std::uint64_t received = 0;
        std::uint64_t published = 0;
        std::uint64_t publish_refused =
            0;  ///< acks lost while disconnected, or the bound was reached
        std::uint64_t reconnects = 0;
    };
    /// Thread: any.
    [[nodiscard]] Statistics statistics() const;

  private:
    PahoSource();
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace aftercare::collector
