#include "firmware_sim/io/mqtt_client.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "tests/support/broker.hpp"
#include "tests/support/scratch_dir.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::sim;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

/// Remembers what happened to one client; listens to its own topic.
struct Peer : MqttEvents {
    unsigned connects = 0;
    unsigned disconnects = 0;
    std::string last_reason;
    std::multiset<std::string> received;
    std::string topic;
    std::unique_ptr<MqttClient> client;

    void on_connected() override { ++connects; }
    void on_disconnected(std::string_view why) override {
        ++disconnects;
        last_reason = why;
    }
    void on_message(std::span<const std::byte> payload) override {
        received.emplace(reinterpret_cast<const char*>(payload.data()), payload.size());
    }
    bool say(std::string_view text) { return client->publish(topic, bytes_of(text), false); }
};

}  // namespace

TEST_GROUP(MqttClient) {
    test::ScratchDir scratch{"mqtt"};
    EventLoop loop;
    std::optional<test::Broker> broker;
    std::deque<Peer> peers;

    void setup() override {
        auto started = test::Broker::start({.dir = scratch.path()});
        CHECK_TEXT(started.has_value(), started ? "" : started.error().message.c_str());
        broker.emplace(std::move(*started));
    }
    Peer& peer(std::uint16_t port) {
        Peer& added = peers.emplace_back();
        added.topic = "test/" + std::to_string(peers.size());
        added.client = std::make_unique<MqttClient>(
            loop,
            MqttOptions{.host = "127.0.0.1",
                        .port = port,
                        .client_id = "peer-" + std::to_string(peers.size()),
                        .subscription = added.topic},
            added);
        added.client->connect("", {});
        return added;
    }
    Peer& peer() {
        return peer(broker->port());
    }
    /// Runs the loop until `condition` holds; false after ten seconds.
    bool reached(const std::function<bool()>& condition) {
        const auto deadline = std::chrono::steady_clock::now() + seconds{10};
        loop.run(milliseconds{5},
                 [&] { return !condition() && std::chrono::steady_clock::now() < deadline; });
        return condition();
    }
};

TEST(MqttClient, delivers_to_its_own_subscription) {
    Peer& one = peer();
    CHECK(reached([&] { return one.connects == 1; }));
    CHECK(one.say("hello"));
    CHECK(reached([&] { return one.received.count("hello") == 1; }));
}

TEST(MqttClient, refuses_to_publish_before_it_is_connected) {
    Peer& one = peer();
    CHECK_FALSE(one.say("too early"));
}

TEST(MqttClient, tells_once_when_the_broker_dies_and_can_connect_again) {
    Peer& one = peer();
    CHECK(reached([&] { return one.connects == 1; }));
    broker->kill();
    CHECK(reached([&] { return one.disconnects > 0; }));
    CHECK_FALSE(one.client->connected());
    CHECK_FALSE(one.say("nobody there"));

    one.client->connect("", {});
    CHECK(reached([&] { return one.disconnects > 1; }));
    LONGS_EQUAL(2, one.disconnects);
    CHECK(broker->start_again().has_value());
    one.client->connect("", {});
    CHECK(reached([&] { return one.connects == 2; }));
    CHECK(one.say("again"));
    CHECK(reached([&] { return one.received.count("again") == 1; }));
    LONGS_EQUAL(2, one.disconnects);
}

TEST(MqttClient, does_not_stop_the_loop_when_every_connection_is_lost) {
    for (int i = 0; i < 100; ++i) peer();
    CHECK(reached([&] { return peers.back().connects == 1; }));
    broker->kill();
    unsigned ticks = 0;
    loop.run(milliseconds{1}, [&] {
        for (Peer& one : peers) {
            one.client->connect("", {});
            loop.dispatch_ready();
        }
        return ++ticks < 50;
    });
    LONGS_EQUAL(50, ticks);
    for (const Peer& one : peers) CHECK(one.disconnects > 40);
}

TEST(MqttClient, leaves_its_will_when_it_vanishes) {
    Peer& witness = peer();
    CHECK(reached([&] { return witness.connects == 1; }));
    Peer mortal;
    mortal.client = std::make_unique<MqttClient>(
        loop, MqttOptions{.host = "127.0.0.1", .port = broker->port(), .client_id = "mortal"},
        mortal);
    mortal.client->connect(witness.topic, bytes_of("gone"));
    CHECK(reached([&] { return mortal.connects == 1; }));
    mortal.client.reset();
    CHECK(reached([&] { return witness.received.count("gone") == 1; }));
}

TEST(MqttClient, runs_a_thousand_connections_in_one_thread) {
    constexpr unsigned kPeers = 1000;
    for (unsigned i = 0; i < kPeers; ++i) peer();
    const auto all = [&](auto condition) {
        for (const Peer& one : peers) {
            if (!condition(one)) return false;
        }
        return true;
    };
    CHECK(reached([&] { return all([](const Peer& one) { return one.connects == 1; }); }));
    for (Peer& one : peers) CHECK(one.say(one.topic));
    CHECK(reached(
        [&] { return all([](const Peer& one) { return one.received.count(one.topic) == 1; }); }));
    CHECK(all([](const Peer& one) { return one.disconnects == 0; }));
}
