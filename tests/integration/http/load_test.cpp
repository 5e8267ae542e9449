// Many connections that read and write at once while the fleet reports at half of what this machine
// takes in, measured before: no update is lost, nothing is answered with 5xx. How long answers take
// is printed, and held against nothing here: that is the machine's as much as the program's
// (docs/performance.md).
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "common/rng.hpp"
#include "tests/integration/http/keep_alive_client.hpp"
#include "tests/integration/http/running_collector.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;
using std::chrono::steady_clock;

namespace {

constexpr int kConnections = 64;
constexpr std::chrono::seconds kDuration{AFTERCARE_LOAD_SECONDS};
/// How long the machine is asked before what it takes in at most.
constexpr std::chrono::seconds kBurst{AFTERCARE_LOAD_BURST_SECONDS};
/// Reports handed over and not stored yet, at most, while it is asked.
constexpr std::uint64_t kAheadMax = 5'000;
constexpr int kDevices = 200;
/// Few, so that the writers get in each other's way.
constexpr std::size_t kContested = 16;

/// What one connection saw.
struct Tally {
    std::vector<double> read_ms;
    std::vector<double> write_ms;
    std::vector<int> updates = std::vector<int>(kContested);
    int conflicts = 0;
    std::string trouble;
};

double percentile(std::vector<double>& values, double share) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

std::string device(int number) {
    return "wm-" + std::to_string(number);
}

}  // namespace

TEST_GROUP(HttpLoad) {
    ScratchDir broker_dir{"broker"};
    std::optional<Broker> broker;
    std::unique_ptr<RunningCollector> collector;
    std::vector<std::string> tokens;
    std::vector<std::string> tickets;
    steady_clock::time_point until;
    std::vector<Seq> next = std::vector<Seq>(kDevices, 1);
    std::uint64_t reports = 0;  ///< handed over

    void setup() override {
        auto started = Broker::start({.dir = broker_dir.path()});
        CHECK_TEXT(started.has_value(), started ? "" : started.error().message.c_str());
        broker = std::move(*started);
        collector = std::make_unique<RunningCollector>(broker->url());
        for (int i = 0; i < 4; ++i) tokens.push_back(collector->make_token("maker"));
        CHECK(collector->start());
        CHECK_TEXT(collector->wait_until_ready(), collector->log().c_str());
        nlohmann::json devices = nlohmann::json::array();
        for (int i = 0; i < kDevices; ++i) {
            devices.push_back({{"device_id", device(i)}, {"model", "WM-1"}});
        }
        LONGS_EQUAL(200, collector->post("/api/v1/devices", tokens[0], devices.dump()).status);
        for (std::size_t i = 0; i < kContested; ++i) {
            const nlohmann::json call{{"direction", "inbound"},
                                      {"contact_id", "c-" + std::to_string(i)},
                                      {"device_id", device(static_cast<int>(i))}};
            const HttpReply reply = collector->post("/api/v1/contacts", tokens[0], call.dump());
            LONGS_EQUAL_TEXT(201, reply.status, reply.body.c_str());
            tickets.push_back(nlohmann::json::parse(reply.body)["ticket_id"]);
        }
    }
    KeepAliveClient::Answer timed(KeepAliveClient & client, Tally & tally, bool write,
                                  const std::string& target, const std::string& token,
                                  const std::string& body, const std::string& headers) const {
        const auto began = steady_clock::now();
        auto answer = client.ask(write ? "POST" : "GET", target, token, body, headers);
        const std::chrono::duration<double, std::milli> took = steady_clock::now() - began;
        (write ? tally.write_ms : tally.read_ms).push_back(took.count());
        if (answer.status == 0 || answer.status >= 500) {
            tally.trouble = target + " → " + std::to_string(answer.status) + " " + answer.body;
        }
        return answer;
    }
    /// Reads a ticket and moves it on, unless somebody else was faster.
    void update(KeepAliveClient & client, Tally & tally, Rng & rng, const std::string& token)
        const {
        const std::size_t which = rng.below(kContested);
        const std::string path = "/api/v1/tickets/" + tickets[which];
        const auto seen = timed(client, tally, false, path, token, {}, {});
        if (seen.status != 200) return;
        const std::string state = nlohmann::json::parse(seen.body)["ticket"]["state"];
        const std::string to = state == "scheduled" ? "in_progress" : "scheduled";
        const auto answer =
            timed(client, tally, true, path + "/transition", token, R"({"to":")" + to + "\"}",
                  "If-Match: " + seen.headers.at("etag") + "\r\n");
        if (answer.status == 200) ++tally.updates[which];
        if (answer.status == 412) ++tally.conflicts;
        if (answer.status != 200 && answer.status != 412 && answer.status < 500) {
            tally.trouble = path + " → " + std::to_string(answer.status) + " " + answer.body;
        }
    }
    void use_connection(int number, Tally& tally) const {
        KeepAliveClient client(static_cast<std::uint16_t>(collector->port()));
        Rng rng(static_cast<std::uint64_t>(number) + 1);
        const std::string& token = tokens[static_cast<std::size_t>(number) % tokens.size()];
        while (steady_clock::now() < until && tally.trouble.empty()) {
            switch (rng.below(10)) {
                case 0:
                case 1:
                    update(client, tally, rng, token);
                    break;
                case 2:
                    timed(client, tally, false, "/api/v1/devices?limit=50", token, {}, {});
                    break;
                case 3:
                    timed(client, tally, false, "/api/v1/devices/" + device(3), token, {}, {});
                    break;
                default:
                    timed(client, tally, false, "/api/v1/tickets?state=open_any&limit=50", token,
                          {}, {});
            }
            // A person, or a program that looks every now and then.
            std::this_thread::sleep_for(std::chrono::milliseconds{50 + rng.below(100)});
        }
    }
    void report(Hand & hand) {
        const auto which = static_cast<std::size_t>(reports++ % kDevices);
        const std::string id = device(static_cast<int>(which));
        hand.hand_over(up_topic("acme", id), report_bytes(id, next[which]++, 1, 1));
    }
    /// Reports a second of one record that are stored when as many come as can: client, broker and
    /// collector share the machine.
    double capacity() {
        Hand hand(broker->url());
        const auto began = steady_clock::now();
        while (steady_clock::now() < began + kBurst) {
            const auto stored =
                static_cast<std::uint64_t>(std::max(0.0, collector->metric("records_total")));
            while (reports < stored + kAheadMax) report(hand);
        }
        hand.await_all();
        CHECK_TRUE(collector->wait_for_metric("records_total", static_cast<double>(reports)));
        const std::chrono::duration<double> took = steady_clock::now() - began;
        return static_cast<double>(reports) / took.count();
    }
    void feed(double reports_per_s) {
        Hand hand(broker->url());
        const std::uint64_t before = reports;
        const auto began = steady_clock::now();
        while (steady_clock::now() < until) {
            const std::chrono::duration<double> passed = steady_clock::now() - began;
            while (static_cast<double>(reports - before) < passed.count() * reports_per_s) {
                report(hand);
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
        hand.await_all();
    }
};

// promise: no-lost-update
TEST(HttpLoad, of_many_connections_loses_no_update_and_answers_without_5xx) {
    const double most_per_s = capacity();
    const std::uint64_t burst = reports;
    until = steady_clock::now() + kDuration;
    std::vector<Tally> tallies(kConnections);
    std::vector<std::thread> threads;
    threads.emplace_back([this, most_per_s] { feed(most_per_s / 2); });
    for (int i = 0; i < kConnections; ++i) {
        threads.emplace_back(
            [this, i, &tallies] { use_connection(i, tallies[static_cast<std::size_t>(i)]); });
    }
    for (std::thread& thread : threads) thread.join();
    Tally all;
    for (const Tally& one : tallies) {
        STRCMP_EQUAL("", one.trouble.c_str());
        all.read_ms.insert(all.read_ms.end(), one.read_ms.begin(), one.read_ms.end());
        all.write_ms.insert(all.write_ms.end(), one.write_ms.begin(), one.write_ms.end());
        for (std::size_t i = 0; i < kContested; ++i) all.updates[i] += one.updates[i];
        all.conflicts += one.conflicts;
    }
    int updates = 0;
    for (std::size_t i = 0; i < kContested; ++i) {
        const HttpReply reply = collector->get("/api/v1/tickets/" + tickets[i], tokens[0]);
        // Opened (1), the call (2), and every update that was said to be stored.
        LONGS_EQUAL(2 + all.updates[i],
                    nlohmann::json::parse(reply.body)["ticket"]["version"].get<int>());
        updates += all.updates[i];
    }
    CHECK_TRUE(updates > 0);
    CHECK_TRUE(collector->wait_for_metric("records_total", static_cast<double>(reports)));
    std::printf(
        "\n  %zu reads p50 %.1f p99 %.1f ms; %zu writes p50 %.0f p99 %.0f ms; %d updates, "
        "%d conflicts; taken in at most %.0f reports a second, held at half: %.0f a second\n",
        all.read_ms.size(), percentile(all.read_ms, .5), percentile(all.read_ms, .99),
        all.write_ms.size(), percentile(all.write_ms, .5), percentile(all.write_ms, .99), updates,
        all.conflicts, most_per_s,
        static_cast<double>(reports - burst) / std::chrono::duration<double>(kDuration).count());
}
