// The daemon, the collector and a broker as they ship: a model's settings reach a running
// appliance, its owner is asked for consent, and both answers are seen in the collector.
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/integration/http/running_collector.hpp"
#include "tests/support/wait_until.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;
using namespace std::chrono_literals;
using Json = nlohmann::json;

namespace {

constexpr auto kPatience = 30s;
constexpr auto kModel = R"([[model]]
id = "WM-7"
metric = [ { id = 2, name = "motor_celsius" } ]
fault = [ { id = 20, name = "E20" } ]
[model.settings]
version = 3
reading_window = "5m"
threshold = [ { metric = "motor_celsius", fault = "E20", high = 80, low = 75 } ]
)";

}  // namespace

TEST_GROUP(RemoteSettingsLive) {
    ScratchDir dir{"settings"};
    std::optional<Broker> broker;
    std::unique_ptr<RunningCollector> collector;
    std::string maker;

    void setup() override {
        auto started = Broker::start({.dir = dir.path()});
        CHECK_TRUE_TEXT(started.has_value(), started ? "" : started.error().message.c_str());
        broker = std::move(*started);
        collector = std::make_unique<RunningCollector>(broker->url());
        std::ofstream(collector->dir() / "catalogue.toml") << kModel;
        maker = collector->make_token("maker");
        CHECK_TRUE(collector->start());
        CHECK_TRUE_TEXT(collector->wait_until_ready(), collector->log().c_str());
        LONGS_EQUAL(201, collector
                             ->post("/api/v1/devices", maker,
                                    R"({"device_id":"wm-0001","model":"WM-7","centre":"north"})")
                             .status);
    }
    Process appliance() {
        std::ofstream{dir / "agent.toml"}
            << "[device]\ntenant = \"acme\"\nid = \"wm-0001\"\nmodel = \"WM-7\"\n"
            << "firmware = \"1\"\n[spool]\npath = \"" << (dir / "spool").string() << "\"\n"
            << "size_kib = 64\n[report]\nflush_delay = \"50ms\"\n[link]\nboot_spread = \"0s\"\n"
            << "[broker]\nurl = \"" << broker->url() << "\"\n";
        auto process = Process::start({.command = {AFTERCARE_AGENT, "run", "--config",
                                                   (dir / "agent.toml").string(), "--stdin"},
                                       .log_dir = dir.path(),
                                       .name = "agent",
                                       .stdin_pipe = true});
        CHECK_TRUE(process.has_value());
        return std::move(*process);
    }
    [[nodiscard]] Json shown() const {
        const Finished run = collector->command({"devices", "show", "wm-0001", "--json"});
        return Json::parse(run.out, nullptr, false);
    }
    bool comes(const std::function<bool(const Json&)>& true_of) const {
        return wait_until(
            [&] {
                const Json json = shown();
                return json.is_object() && true_of(json);
            },
            kPatience);
    }
};

// promise: settings-whole
TEST(RemoteSettingsLive, reach_a_running_daemon_and_the_version_in_force_is_shown) {
    Process agent = appliance();
    CHECK_TRUE(comes([](const Json& json) {
        return !json["device"]["settings"].is_null() &&
               json["device"]["settings"]["applied_version"] == 3;
    }));
    CHECK_TRUE(agent.write("{\"subscribe\":\"downlink\"}\n"));
    CHECK_TRUE(agent.write("{\"kind\":\"sample\",\"values\":{\"2\":81}}\n"));
    CHECK_TRUE(comes([](const Json& json) {
        return !json["faults"].empty() && json["faults"][0]["code"] == 20;
    }));

    CHECK_TRUE(agent.wait_for("\"downlink\":\"consent_query\"", kPatience));
    CHECK_TRUE(agent.write("{\"kind\":\"consent\",\"epoch\":1,\"purposes\":[\"safety\"]}\n"));
    CHECK_TRUE(comes([](const Json& json) {
        return json["device"]["consent_epoch"] == 1 &&
               json["device"]["consent_purposes"] == Json{"safety"};
    }));
    LONGS_EQUAL(1, collector->metric("consent_queries_total"));
    LONGS_EQUAL(1, collector->metric("devices_online"));
    agent.kill();
    CHECK_TRUE(wait_until([&] { return collector->metric("devices_online") == 0; }, kPatience));

    collector->stop();
    CHECK_TRUE(collector->start());
    CHECK_FALSE(shown()["device"]["presence"]["online"].get<bool>());
    const Json settings = shown()["device"]["settings"];
    LONGS_EQUAL(3, settings["applied_version"].get<int>());
    LONGS_EQUAL(3, settings["wanted_version"].get<int>());
    CHECK_TRUE(settings["refused_version"].is_null() && settings["refusal"].is_null());
}
