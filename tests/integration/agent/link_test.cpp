// What the agent says to a broker and how it takes what the broker or the link does not do: session
// expiry, receive maximum, keepalive on a half-open link, will, and the end before sleep.
#include "aftercare/agent.h"
#include "agent/io/paho_transport.hpp"
#include "tests/integration/agent/daemon_fixture.hpp"
#include "tests/integration/agent/fake_collector.hpp"
#include "tests/integration/agent/mqtt_proxy.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;
using namespace std::chrono_literals;

TEST_GROUP_BASE(Link, DaemonFixture) {
    std::string spool = (dir / "own_spool").string();

    aftercare_agent* start_library(const std::string& url) {
        aftercare_options options = AFTERCARE_OPTIONS_INIT;
        options.tenant = "acme";
        options.device_id = "wm-0001";
        options.model = "WM-7";
        options.firmware = "1";
        options.boot_spread_ms = 1;
        aftercare_linux_options linux_options = AFTERCARE_LINUX_OPTIONS_INIT;
        linux_options.spool_path = spool.c_str();
        linux_options.broker_url = url.empty() ? nullptr : url.c_str();
        aftercare_agent* agent = nullptr;
        LONGS_EQUAL(AFTERCARE_OK, aftercare_start(&options, &linux_options, nullptr, &agent));
        return agent;
    }
    static aftercare_state state_of(const aftercare_agent* agent) {
        aftercare_state state{};
        state.size = sizeof state;
        LONGS_EQUAL(AFTERCARE_OK, aftercare_get_state(agent, &state));
        return state;
    }
};

TEST(Link, keeps_to_a_receive_maximum_of_one) {
    Broker mosquitto = broker({.extra_configuration = "max_inflight_messages 1\n"});
    MqttProxy proxy{mosquitto.port()};
    FakeCollector collector{mosquitto.url()};
    Process agent = start(config(proxy.url()), true);
    std::string faults;
    for (int code = 1; code <= 20; ++code) {
        faults +=
            "{\"kind\":\"fault\",\"code\":" + std::to_string(code) + ",\"state\":\"occurred\"}\n";
    }
    agent.write(faults);
    CHECK_TRUE(wait_until([&] { return collector.records(Lane::urgent).size() == 22; }, 30s));
    LONGS_EQUAL(1, proxy.unconfirmed_max());
    LONGS_EQUAL(1, count(agent.err(), "connected to"));  // the broker never had to cut it off
    agent.close_stdin();
    CHECK_TRUE(agent.wait(30s).has_value());
    LONGS_EQUAL(1, proxy.disconnects());
    CHECK_TRUE(wait_until([&] { return !collector.presence()->online; }, 30s));
}

TEST(Link, keeps_its_session_so_that_settings_sent_meanwhile_arrive) {
    Broker mosquitto = broker();
    MqttProxy proxy{mosquitto.port()};
    FakeCollector collector{mosquitto.url()};
    const std::string path = config(proxy.url());
    Process agent = start(path);
    CHECK_TRUE(wait_until([&] { return collector.records(Lane::urgent).size() == 2; }, 30s));
    // Fixed header, "MQTT", version 5, flags with clean start off, keepalive 60, properties with
    // session expiry (0x11) 86,400. Source: MQTT 5.0, section 3.1.
    const std::string packet = proxy.connect_packet();
    const auto name = packet.find("MQTT");
    CHECK_TRUE(name != std::string::npos);
    LONGS_EQUAL(5, packet[name + 4]);
    LONGS_EQUAL(0, packet[name + 5] & 0x02);
    LONGS_EQUAL(60, packet[name + 7]);
    CHECK_TRUE(packet.find(std::string{"\x11\x00\x01\x51\x80", 5}) != std::string::npos);
    agent.kill();
    collector.send("acme", "wm-0001", aftercare::Config{.version = 4, .reading_window_s = 300});
    Process second = start(path);
    CHECK_TRUE(wait_until(
        [&] {
            return ask("{\"kind\":\"status\"}").find("\"config_version\":4") != std::string::npos;
        },
        30s));
}

TEST(Link, that_is_half_open_is_found_by_the_keepalive) {
    Broker mosquitto = broker();
    MqttProxy proxy{mosquitto.port()};
    agent::PahoTransport transport{
        {.url = proxy.url(), .client_id = "wm-0001", .keepalive_s = 1, .down_topic = "down"},
        [] {}};
    const agent::TransportPort port = transport.port();
    const auto next = [&](agent::LinkEvent::Kind kind) {
        return wait_until(
            [&] {
                for (const agent::LinkEvent& event : transport.drain()) {
                    if (event.kind == kind) return true;
                }
                return false;
            },
            30s);
    };
    port.connect(port.context, "will", {});
    CHECK_TRUE(next(agent::LinkEvent::Kind::connected));
    proxy.hold(true);
    CHECK_TRUE(next(agent::LinkEvent::Kind::disconnected));
    proxy.hold(false);
    port.connect(port.context, "will", {});
    CHECK_TRUE(next(agent::LinkEvent::Kind::connected));
}

// The end must come although nobody answers, and the fault must be there afterwards.
TEST(Link, that_is_half_open_does_not_hold_up_the_stop_and_loses_nothing) {
    Broker mosquitto = broker();
    MqttProxy proxy{mosquitto.port()};
    FakeCollector collector{mosquitto.url()};
    aftercare_agent* agent = start_library(proxy.url());
    CHECK_TRUE(wait_until([&] { return state_of(agent).urgent_held == 0; }, 30s));
    proxy.hold(true);
    LONGS_EQUAL(AFTERCARE_OK,
                aftercare_fault(agent, 18, AFTERCARE_FAULT_OCCURRED, nullptr, 0, nullptr));
    const aftercare_summary metric{1, 1, 2, 2, 2, 2, 0};
    LONGS_EQUAL(AFTERCARE_OK, aftercare_reading(agent, 900'000, &metric, 1, nullptr));
    aftercare_stop(agent, 100);
    LONGS_EQUAL(2, collector.records(Lane::urgent).size());

    agent = start_library("");  // spools only
    const aftercare_state state = state_of(agent);
    LONGS_EQUAL(1, state.bulk_held);
    LONGS_EQUAL(1 + 2, state.urgent_held);  // the fault, and this boot's two
    aftercare_stop(agent, 0);
}

TEST(Link, has_everything_when_flush_returns_before_sleep) {
    Broker mosquitto = broker();
    FakeCollector collector{mosquitto.url()};
    aftercare_agent* agent = start_library(mosquitto.url());
    CHECK_TRUE(wait_until([&] { return state_of(agent).urgent_held == 0; }, 30s));
    const std::uint64_t reports = state_of(agent).reports_sent;
    const aftercare_summary metric{1, 1, 2, 2, 2, 2, 0};
    LONGS_EQUAL(AFTERCARE_OK, aftercare_reading(agent, 900'000, &metric, 1, nullptr));
    LONGS_EQUAL(reports, state_of(agent).reports_sent);  // it would wait a minute
    aftercare_flush(agent);
    LONGS_EQUAL(reports + 1, state_of(agent).reports_sent);
    CHECK_TRUE(wait_until([&] { return collector.records(Lane::bulk).size() == 1; }, 30s));
    aftercare_stop(agent, 5'000);
}
