// Agent, collector and broker are killed once each while an appliance reports through
// aftercare-agent. Whatever the agent had called durable is in the database exactly once and
// unchanged.
#include <optional>
#include <string>

#include "tests/integration/live/collector_process.hpp"
#include "tests/integration/live/real_agent.hpp"
#include "tests/support/broker.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/scratch_dir.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_GROUP(AgentCrash) {
    ScratchDir scratch{"agent"};
    std::optional<Broker> broker;
    std::optional<CollectorProcess> collector;
    std::optional<RealAgent> agent;

    void setup() override {
        std::filesystem::create_directory(scratch / "broker");
        auto started_broker = Broker::start({.dir = scratch / "broker"});
        CHECK_TEXT(started_broker.has_value(),
                   started_broker ? "" : started_broker.error().message.c_str());
        broker.emplace(std::move(*started_broker));
        auto started = CollectorProcess::start(
            {.program = AFTERCARE_COLLECTOR, .dir = scratch.path(), .broker_url = broker->url()});
        CHECK_TEXT(started.has_value(), started ? "" : started.error().message.c_str());
        collector.emplace(std::move(*started));
        const auto registered = http({.method = "POST",
                                      .url = collector->api_url() + "/api/v1/devices",
                                      .body = R"({"device_id": "wm-1", "model": "WM-820"})",
                                      .token = collector->token(),
                                      .headers = {{"Content-Type", "application/json"}}});
        CHECK_TEXT(registered && registered->status < 300,
                   registered ? registered->body.c_str() : "");
        std::filesystem::create_directory(scratch / "agent");
        agent.emplace(RealAgentOptions{.program = AFTERCARE_AGENT,
                                       .dir = scratch / "agent",
                                       .device_id = "wm-1",
                                       .model = "WM-820",
                                       .broker_url = broker->url()});
    }
    void report_for(milliseconds span) {
        const auto until = std::chrono::steady_clock::now() + span;
        while (std::chrono::steady_clock::now() < until) {
            agent->report(10);
            agent->await_answers();
        }
    }
};

// promise: keeps-durable
TEST(AgentCrash, keeps_and_delivers_once_what_it_called_durable) {
    report_for(milliseconds{1'500});
    agent->kill_and_start_again();
    report_for(milliseconds{1'000});
    collector->kill();
    report_for(milliseconds{700});
    CHECK(collector->start_again().has_value());
    report_for(milliseconds{1'000});
    broker->kill();
    report_for(milliseconds{700});
    CHECK(broker->start_again().has_value());
    report_for(milliseconds{500});
    agent->await_acknowledgement(seconds{40});
    CHECK(collector->stop().has_value());

    const auto stored = read_stored_records(collector->database());
    CHECK_TEXT(stored.has_value(), stored ? "" : stored.error().message.c_str());
    LONGS_EQUAL(1, stored->size());
    CHECK(agent->durable_count() > 50);
    CHECK(agent->check(*stored) > 200);
    const auto verified = collector->verify();
    CHECK_TEXT(verified && verified->status.clean(), verified ? verified->err.c_str() : "");
}
