// Agent, collector and broker are killed once each while an appliance reports through
// aftercare-agent. Whatever the agent had called durable is in the database exactly once and
// unchanged.
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>

#include "tests/integration/live/collector_process.hpp"
#include "tests/integration/live/stored_records.hpp"
#include "tests/support/broker.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/support/wait_until.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_GROUP(AgentCrash) {
    ScratchDir scratch{"agent"};
    std::optional<Broker> broker;
    std::optional<CollectorProcess> collector;
    std::optional<Process> agent;
    std::uint32_t next_code = 1;
    std::map<Seq, std::uint32_t> durable;  ///< urgent seq → fault code, as answered
    Seq urgent_max = 0;
    Seq bulk_max = 0;
    std::size_t answers_read = 0;
    Seq held = 0;                                ///< by the last status
    std::map<std::size_t, std::uint32_t> asked;  ///< fault code by number of its answer

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
        std::ofstream(scratch / "agent.toml")
            << "[device]\ntenant = \"demo\"\nid = \"wm-1\"\nmodel = \"WM-820\"\nfirmware = \"1\"\n"
            << "[broker]\nurl = \"" << broker->url() << "\"\n"
            << "[spool]\npath = \"" << (scratch / "spool").string() << "\"\nsync_period = \"1s\"\n"
            << "[report]\nflush_delay = \"50ms\"\n"
            << "[link]\nack_timeout = \"1s\"\nbackoff_base = \"100ms\"\nbackoff_cap = \"1s\"\n"
            << "reconnect_spread = \"200ms\"\nboot_spread = \"200ms\"\n";
        start_agent();
    }
    void start_agent() {
        auto process = Process::start({.command = {AFTERCARE_AGENT, "run", "--config",
                                                   (scratch / "agent.toml").string(), "--stdin"},
                                       .log_dir = scratch.path(),
                                       .name = "agent",
                                       .stdin_pipe = true});
        CHECK(process.has_value());
        agent.emplace(std::move(*process));
    }
    /// Answers that came since the last look; the log goes on over restarts.
    void read_answers() {
        std::istringstream lines(agent->out());
        std::size_t number = 0;
        for (std::string line; std::getline(lines, line); ++number) {
            if (number < answers_read) continue;
            const auto answer = nlohmann::json::parse(line, nullptr, false);
            if (answer.is_discarded()) return;  // Cut off by a kill, or still being written.
            ++answers_read;
            CHECK_TEXT(answer.value("ok", false), line.c_str());
            if (answer.contains("urgent")) {
                held = answer["urgent"]["held"].get<Seq>() + answer["bulk"]["held"].get<Seq>();
                continue;
            }
            const Seq seq = answer["seq"];
            Seq& max = answer["lane"] == "urgent" ? urgent_max : bulk_max;
            CHECK_TEXT(seq > max, "a seq was used again");
            max = seq;
            if (const auto code = asked.find(number); code != asked.end() && answer["durable"]) {
                durable[seq] = code->second;
            }
        }
    }
    /// Faults and uses in turn, without waiting for the answers.
    void report(int count, std::size_t first_answer) {
        std::string text;
        for (int i = 0; i < count; ++i) {
            if (i % 2 == 0) {
                asked[first_answer + static_cast<std::size_t>(i)] = next_code;
                text += "{\"kind\":\"fault\",\"state\":\"occurred\",\"code\":" +
                        std::to_string(next_code++) + "}\n";
            } else {
                text += "{\"kind\":\"usage\",\"duration_s\":3600,\"energy_wh\":900}\n";
            }
        }
        CHECK(agent->write(text));
    }
    void report_for(milliseconds span) {
        const auto until = std::chrono::steady_clock::now() + span;
        while (std::chrono::steady_clock::now() < until) {
            const std::size_t before = answers_read;
            report(10, before);
            await_answers(before + 10);
        }
    }
    void await_answers(std::size_t count) {
        const auto all_there = [&] {
            read_answers();
            return answers_read == count;
        };
        CHECK_TEXT(wait_until(all_there, seconds{10}), agent->err().c_str());
    }
    void await_acknowledgement() {
        const auto nothing_held = [&] {
            CHECK(agent->write("{\"kind\":\"status\"}\n"));
            await_answers(answers_read + 1);
            return held == 0;
        };
        CHECK_TEXT(wait_until(nothing_held, seconds{40}, milliseconds{100}), agent->err().c_str());
    }
    /// With lines under way, whose answers may be lost with it.
    void kill_agent() {
        report(10, answers_read);
        CHECK(wait_until([&] { return agent->out().size() > 0; }, seconds{5}));
        agent->kill();
        read_answers();
        std::filesystem::rename(scratch / "agent.out", scratch / "agent.before.out");
        answers_read = 0;
        asked.clear();
        start_agent();
    }
};

// promise: keeps-durable
TEST(AgentCrash, keeps_and_delivers_once_what_it_called_durable) {
    report_for(milliseconds{1'500});
    kill_agent();
    report_for(milliseconds{1'000});
    collector->kill();
    report_for(milliseconds{700});
    CHECK(collector->start_again().has_value());
    report_for(milliseconds{1'000});
    broker->kill();
    report_for(milliseconds{700});
    CHECK(broker->start_again().has_value());
    report_for(milliseconds{500});
    await_acknowledgement();
    agent->close_stdin();
    const auto ended = agent->wait(seconds{30});
    CHECK_TEXT(ended.has_value() && ended->clean(), agent->err().c_str());
    CHECK(collector->stop().has_value());

    const auto stored = read_stored_records(collector->database());
    CHECK_TEXT(stored.has_value(), stored ? "" : stored.error().message.c_str());
    LONGS_EQUAL(1, stored->size());
    const auto& lanes = stored->begin()->second;
    const LaneContent& urgent = lanes[index(Lane::urgent)];
    CHECK(durable.size() > 100);
    for (const auto& [seq, code] : durable) {
        const auto found = urgent.fault_codes.find(seq);
        CHECK_TEXT(found != urgent.fault_codes.end(), ("lost: seq " + std::to_string(seq)).c_str());
        LONGS_EQUAL(code, found->second);
    }
    CHECK(urgent.copies.rbegin()->first >= urgent_max);
    STRCMP_EQUAL("", urgent.fault(urgent.copies.rbegin()->first).c_str());
    const LaneContent& bulk = lanes[index(Lane::bulk)];
    LONGS_EQUAL(bulk_max, bulk.copies.rbegin()->first);
    STRCMP_EQUAL("", bulk.fault(bulk_max).c_str());
    const auto verified = collector->verify();
    CHECK_TEXT(verified && verified->status.clean(), verified ? verified->err.c_str() : "");
}
