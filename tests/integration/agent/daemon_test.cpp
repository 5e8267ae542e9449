// aftercare-agent against a private broker: feed, answers, trouble, and the way it stops.
#include <sys/stat.h>

#include <fstream>

#include "tests/integration/agent/daemon_fixture.hpp"
#include "tests/integration/agent/fake_collector.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;
using namespace std::chrono_literals;

TEST_GROUP_BASE(Daemon, DaemonFixture){};

TEST(Daemon, answers_each_line_and_delivers_what_it_accepted) {
    Broker mosquitto = broker();
    FakeCollector collector{mosquitto.url()};
    Process agent = start(config(mosquitto.url()), true);
    agent.write(
        "{\"kind\":\"fault\",\"code\":18,\"state\":\"raised\",\"snapshot\":{\"1\":45.5}}\n"
        "nonsense\n"
        "{\"kind\":\"usage\",\"programme\":3,\"energy_wh\":900,\"counters\":{\"1\":77}}\n"
        "{\"kind\":\"sample\",\"values\":{\"1\":3}}\n{\"kind\":\"sample\",\"values\":{\"1\":5}}\n");
    CHECK_TRUE(wait_until([&] { return count(agent.out(), "\n") == 5; }, 30s));
    CHECK_TRUE(agent.out().find("\"lane\":\"urgent\",\"seq\":3,\"durable\":true") !=
               std::string::npos);
    CHECK_TRUE(agent.out().find("{\"ok\":false,\"error\":\"not a JSON object") !=
               std::string::npos);
    agent.close_stdin();  // ends the reading window too
    const auto ended = agent.wait(30s);
    CHECK_TRUE(ended && ended->clean());
    CHECK_TRUE(wait_until([&] { return collector.records(Lane::bulk).size() == 2; }, 30s));
    LONGS_EQUAL(3, collector.records(Lane::urgent).size());
    const auto bulk = collector.records(Lane::bulk);
    const auto* usage = std::get_if<Usage>(&bulk[0].body);
    CHECK_TRUE(usage && usage->energy_wh == 900 && usage->counters.items[0].value == 77);
    const auto* reading = std::get_if<Reading>(&bulk[1].body);
    CHECK_TRUE(reading && reading->metrics.items[0].n == 2);
    DOUBLES_EQUAL(4.0, reading->metrics.items[0].mean, 1e-6);
    DOUBLES_EQUAL(1.41421356, reading->metrics.items[0].deviation, 1e-6);
    STRCMP_EQUAL("", collector.refusal().c_str());
}

TEST(Daemon, makes_faults_of_samples_by_the_thresholds_of_its_file) {
    Broker mosquitto = broker();
    FakeCollector collector{mosquitto.url()};
    Process agent = start(config(mosquitto.url(),
                                 "[telemetry]\nsnapshot = [1]\nthreshold = [ { metric = 1, code = "
                                 "900, high = 75, low = 70 } ]\n"));
    STRCMP_EQUAL("{\"ok\":true,\"windowed\":true}\n",
                 ask(R"({"kind":"sample","values":{"1":75.5}})").c_str());
    CHECK_TRUE(wait_until([&] { return collector.records(Lane::urgent).size() == 3; }, 30s));
    const auto records = collector.records(Lane::urgent);
    const auto* fault = std::get_if<Fault>(&records[2].body);
    CHECK_TRUE(fault && fault->code == 900 && fault->state == FaultState::raised);
    DOUBLES_EQUAL(75.5, fault->snapshot.items[0].value, 0);
}

TEST(Daemon, reports_a_missing_broker_once_and_delivers_when_it_comes) {
    Broker mosquitto = broker();
    mosquitto.kill();
    Process agent = start(config(mosquitto.url()));
    CHECK_TRUE(ask("{\"kind\":\"fault\",\"code\":7,\"state\":\"occurred\"}").find("\"ok\":true") ==
               1);
    CHECK_TRUE(agent.wait_for("cannot connect", 30s));
    CHECK_TRUE(wait_until(
        [&] {
            return ask("{\"kind\":\"status\"}").find("\"failed_attempts\":3") != std::string::npos;
        },
        30s));
    LONGS_EQUAL(1, count(agent.err(), "cannot connect"));
    CHECK_TRUE(mosquitto.start_again().has_value());
    FakeCollector collector{mosquitto.url()};
    CHECK_TRUE(wait_until([&] { return collector.records(Lane::urgent).size() == 3; }, 30s));
    CHECK_TRUE(wait_until(
        [&] { return ask("{\"kind\":\"status\"}").find("\"held\":0") != std::string::npos; }, 30s));
    const auto ended = agent.stop(30s);
    CHECK_TRUE(ended && ended->clean());
}

TEST(Daemon, says_that_the_broker_refuses_it) {
    Broker mosquitto = broker({.anonymous = false});
    Process agent = start(config(mosquitto.url()));
    CHECK_TRUE_TEXT(agent.wait_for("refused by the broker, code 135 (not authorised)", 30s),
                    agent.err().c_str());
    const auto ended = agent.stop(30s);
    CHECK_TRUE(ended && ended->clean());
}

TEST(Daemon, leaves_a_will_when_it_dies_and_resends_after_its_return) {
    Broker mosquitto = broker();
    FakeCollector collector{mosquitto.url()};
    collector.acknowledge_all(false);
    const std::string path = config(mosquitto.url());
    Process agent = start(path);
    CHECK_TRUE(wait_until([&] { return collector.records(Lane::urgent).size() == 2; }, 30s));
    CHECK_TRUE(collector.presence() && collector.presence()->online);
    agent.kill();
    CHECK_TRUE(wait_until([&] { return !collector.presence()->online; }, 30s));
    collector.acknowledge_all(true);
    Process second = start(path);
    CHECK_TRUE(wait_until([&] { return collector.records(Lane::urgent).size() == 4; }, 30s));
    LONGS_EQUAL(2, collector.records(Lane::urgent)[3].boot);
    const auto ended = second.stop(30s);
    CHECK_TRUE(ended && ended->clean());
}

TEST(Daemon, applies_good_settings_and_refuses_bad_ones) {
    Broker mosquitto = broker();
    FakeCollector collector{mosquitto.url()};
    Process agent = start(config(mosquitto.url()));
    CHECK_TRUE(wait_until([&] { return collector.records(Lane::urgent).size() == 2; }, 30s));
    collector.send("acme", "wm-0001", aftercare::Config{.version = 4, .reading_window_s = 300});
    collector.send("acme", "wm-0001", aftercare::Config{.version = 5, .records_per_report = 9'999});
    CHECK_TRUE(wait_until([&] { return collector.records(Lane::urgent).size() == 4; }, 30s));
    const auto records = collector.records(Lane::urgent);
    const auto* applied = std::get_if<Lifecycle>(&records[2].body);
    const auto* refused = std::get_if<Lifecycle>(&records[3].body);
    CHECK_TRUE(applied && applied->kind == LifecycleKind::config_applied &&
               applied->config_version == 4);
    CHECK_TRUE(refused && refused->kind == LifecycleKind::config_refused &&
               refused->config_version == 5);
    CHECK_TRUE(ask("{\"kind\":\"status\"}").find("\"config_version\":4") != std::string::npos);
    const auto ended = agent.stop(30s);
    CHECK_TRUE(ended && ended->clean());
}

// promise: config-mistake
TEST(Daemon, names_file_line_and_key_of_a_mistake_and_exits_78) {
    const auto check = [&](const std::string& url, const std::string& more,
                           const std::string& expected) {
        const auto finished = finish({"run", "--config", config(url, more)});
        LONGS_EQUAL_TEXT(78, finished.status.code, finished.err.c_str());
        CHECK_TRUE_TEXT(finished.err.find(expected) != std::string::npos, finished.err.c_str());
    };
    check("tcp://x", "", "agent.toml:19: broker.url must be mqtt://host:port or mqtts://host:port");
    check("mqtt://x:1", "keepalive = 5\n",
          "agent.toml:20: broker.keepalive must be a duration from \"5s\" to \"12h\"");
    check("mqtt://x:1", "usrname = \"a\"\n",
          "agent.toml:20: broker.usrname is unknown; allowed are url, username");
    check("mqtt://x:1", "[consent]\npurposes = [\"safty\"]\n",
          "agent.toml:21: consent.purposes must be a list out of");
    check("mqtt://x:1", "[repot]\nx = 1\n",
          "agent.toml:20: [repot] is unknown; allowed are device, broker");
    check("mqtt://x:1", "x = = 1\n", "agent.toml:20: ");
    check("mqtt://x:1", "ca_file = \"/nowhere.pem\"\n",
          "broker.ca_file names /nowhere.pem, which cannot be read");
    const auto missing = finish({"run", "--config", (dir / "none.toml").string()});
    LONGS_EQUAL(78, missing.status.code);
    CHECK_TRUE(missing.err.find("none.toml: cannot be read") != std::string::npos);
}

TEST(Daemon, takes_its_password_from_a_file_that_only_it_can_read) {
    const std::string secret = (dir / "secret").string();
    std::ofstream{secret} << "hunter2\n";
    const std::string more = "username = \"wm\"\npassword_file = \"" + secret + "\"\n";
    CHECK_TRUE(::chmod(secret.c_str(), 0644) == 0);
    const auto open_secret = finish({"run", "--config", config("mqtt://127.0.0.1:1", more)});
    LONGS_EQUAL(78, open_secret.status.code);
    CHECK_TRUE(open_secret.err.find("run chmod 600 on it") != std::string::npos);
}

TEST(Daemon, has_help_version_usage_errors_and_a_lock_on_its_spool) {
    LONGS_EQUAL(0, finish({"--help"}).status.code);
    CHECK_TRUE(finish({"--version"}).out.starts_with("aftercare-agent 0."));
    LONGS_EQUAL(64, finish({"run"}).status.code);
    const std::string path = config("mqtt://127.0.0.1:1");
    Process agent = start(path);
    CHECK_TRUE(ask("{\"kind\":\"status\"}").find("\"boot\":1") != std::string::npos);
    const auto status = finish({"status", "--config", path, "--json"});
    CHECK_TRUE(status.status.clean() &&
               status.out.find("\"spool\":{\"used_bytes\":") != std::string::npos);
    const auto second = finish({"run", "--config", path});
    LONGS_EQUAL(75, second.status.code);
    CHECK_TRUE(second.err.find("another process uses it") != std::string::npos);
    const auto ended = agent.stop(30s);
    CHECK_TRUE(ended && ended->clean());
    LONGS_EQUAL(69, finish({"status", "--config", path}).status.code);
}

TEST(Daemon, shows_link_lanes_and_spool_as_an_engineer_asks_for_them) {
    Broker mosquitto = broker();
    mosquitto.kill();
    const std::string path = config(mosquitto.url());
    Process agent = start(path);
    ask("{\"kind\":\"fault\",\"code\":7,\"state\":\"occurred\"}");
    CHECK_TRUE(agent.wait_for("cannot connect", 30s));
    const auto shows = [&](const std::vector<std::string>& expected) {
        const auto shown = finish({"status", "--config", path});
        LONGS_EQUAL(0, shown.status.code);
        for (const std::string& text : expected) {
            CHECK_TRUE_TEXT(shown.out.find(text) != std::string::npos, shown.out.c_str());
        }
    };
    shows({"link       ", mosquitto.url(), " failed\nlast ack   none since this start\n",
           "last loss  cannot connect: Connection refused\n", "urgent     3 held, oldest ",
           " s old (seq 1); acknowledged through 0", "% of 64 KiB; 0 storage errors, 0 corrupt",
           "dropped    none\n", "consent    epoch 0: safety diagnostics usage contact"});
    CHECK_TRUE(mosquitto.start_again().has_value());
    FakeCollector collector{mosquitto.url()};
    CHECK_TRUE(wait_until(
        [&] {
            return ask("{\"kind\":\"status\"}").find("\"acked_through\":3") != std::string::npos;
        },
        30s));
    shows({"link       online, " + mosquitto.url() + "\nlast ack   ", " s ago\n",
           "urgent     0 held; acknowledged through "});
}

// A request of the collector, on to the appliance's software, its answer, and the record of it.
TEST(Daemon, hands_requests_to_who_subscribed_and_their_answers_to_the_collector) {
    Broker mosquitto = broker();
    FakeCollector collector{mosquitto.url()};
    Process agent = start(config(mosquitto.url()), true);
    CHECK_TRUE(wait_until([&] { return collector.records(Lane::urgent).size() == 2; }, 30s));
    // Nobody listens yet: it waits for the first who does.
    aftercare::Notice notice{.notice_id = 77, .expires_unix_ms = 1'900'000'000'000};
    notice.message_key = "clean_filter";
    notice.language = "de";
    notice.article = "kb-12";
    collector.send("acme", "wm-0001", notice);
    CHECK_FALSE(agent.wait_for("clean_filter", 300ms));
    agent.write("{\"subscribe\":\"downlink\"}\n");
    CHECK_TRUE_TEXT(
        agent.wait_for("{\"downlink\":\"notice\",\"notice\":77,\"message_key\":\"clean_filter\","
                       "\"language\":\"de\",\"article\":\"kb-12\","
                       "\"expires_unix_ms\":1900000000000}\n",
                       30s),
        agent.out().c_str());
    collector.send("acme", "wm-0001", SelfTestRequest{.request_id = 9, .test_id = 3});
    collector.send("acme", "wm-0001", ConsentQuery{.request_id = 10});
    CHECK_TRUE(agent.wait_for("{\"downlink\":\"self_test\",\"test\":3,\"request\":9}\n", 30s));
    CHECK_TRUE(agent.wait_for("{\"downlink\":\"consent_query\",\"request\":10}\n", 30s));
    agent.write(
        "{\"kind\":\"self_test\",\"test\":3,\"request\":9,\"result\":\"passed\"}\n"
        "{\"kind\":\"consent\",\"epoch\":5,\"purposes\":[\"safety\",\"diagnostics\"]}\n");
    CHECK_TRUE(wait_until([&] { return collector.records(Lane::urgent).size() == 4; }, 30s));
    const auto records = collector.records(Lane::urgent);
    const auto* test = std::get_if<SelfTest>(&records[2].body);
    CHECK_TRUE(test && test->request_id == 9 && test->result == aftercare::TestResult::passed);
    const auto* consent = std::get_if<Lifecycle>(&records[3].body);
    CHECK_TRUE(consent && consent->kind == LifecycleKind::consent_changed &&
               consent->consent_epoch == 5);
    agent.close_stdin();
    const auto ended = agent.wait(30s);
    CHECK_TRUE(ended && ended->clean());
}
