// The service desk of the real program: centres of its configuration, many hands at once, and what
// the database says afterwards.
#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "tests/integration/http/running_collector.hpp"
#include "tests/support/wait_until.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;
using nlohmann::json;

namespace {

// [tenants] is open, so that sections can follow.
constexpr const char* kCentres = R"(
[[centre]]
id = "north"
regions = ["DE-N"]
capacity_per_day = 2
[[centre]]
id = "south"
regions = ["DE-S"]
[[centre]]
id = "east"
regions = ["DE-E"]
delivery = "mqtt"
)";

constexpr int kHands = 8;

}  // namespace

TEST_GROUP(ServiceDesk) {
    ScratchDir broker_dir{"broker"};
    std::optional<Broker> broker;
    std::unique_ptr<RunningCollector> collector;
    std::string maker, north;

    void setup() override {
        auto started = Broker::start({.dir = broker_dir.path()});
        CHECK_TRUE_TEXT(started.has_value(), started ? "" : started.error().message.c_str());
        broker = std::move(*started);
        collector = std::make_unique<RunningCollector>(broker->url(), "", kCentres);
        maker = collector->make_token("maker");
        north = collector->make_token("centre", "north");
        CHECK_TRUE(collector->start());
        CHECK_TRUE_TEXT(collector->wait_until_ready(), collector->log().c_str());
    }
    void register_device(const std::string& id, const std::string& region) {
        const json device{{"device_id", id}, {"model", "WM-1"}, {"region", region}};
        LONGS_EQUAL(201, post("/api/v1/devices", maker, device.dump()).status);
    }
    HttpReply post(const std::string& path, const std::string& token, const std::string& body,
                   const std::string& if_match = {}) const {
        return collector->post(path, token, body, if_match);
    }
    HttpReply call(const std::string& contact_id, const std::string& device,
                   const std::string& failure_mode) const {
        return post("/api/v1/contacts", maker,
                    json{{"direction", "inbound"},
                         {"contact_id", contact_id},
                         {"device_id", device},
                         {"component", failure_mode},
                         {"failure_mode", failure_mode}}
                        .dump());
    }
    static std::string ticket_of(const HttpReply& reply) {
        LONGS_EQUAL_TEXT(201, reply.status, reply.body.c_str());
        return json::parse(reply.body)["ticket_id"].get<std::string>();
    }
    json ticket(const std::string& id, const std::string& token) const {
        const HttpReply reply = collector->get("/api/v1/tickets/" + id, token);
        LONGS_EQUAL(200, reply.status);
        return json::parse(reply.body);
    }
    std::size_t count(const std::string& query, const std::string& token) const {
        const HttpReply reply = collector->get("/api/v1/tickets?" + query, token);
        LONGS_EQUAL_TEXT(200, reply.status, reply.body.c_str());
        return json::parse(reply.body)["items"].size();
    }
    void check_verified() {
        LONGS_EQUAL(0, collector->stop());
        const Finished verified = collector->command({"verify"});
        LONGS_EQUAL_TEXT(0, verified.status.code, (verified.out + verified.err).c_str());
    }
};

// promise: one-open-ticket
TEST(ServiceDesk, opens_one_ticket_however_many_call_at_once) {
    register_device("wm-1", "DE-N");
    std::vector<std::string> found(kHands);
    std::vector<std::thread> hands;
    std::atomic<int> refused{0};
    for (int hand = 0; hand < kHands; ++hand) {
        hands.emplace_back([&, hand] {
            for (int i = 0; i < 5; ++i) {
                const HttpReply reply =
                    call("c-" + std::to_string(hand) + "-" + std::to_string(i), "wm-1", "blocked");
                if (reply.status != 201) {
                    ++refused;
                    continue;
                }
                found[std::size_t(hand)] = json::parse(reply.body)["ticket_id"];
            }
        });
    }
    for (std::thread& hand : hands) hand.join();
    LONGS_EQUAL(0, refused);
    LONGS_EQUAL(1, std::set<std::string>(found.begin(), found.end()).size());
    LONGS_EQUAL(1, count("state=open_any", maker));
    LONGS_EQUAL(40, ticket(found[0], maker)["ticket"]["contact_count"]);
    check_verified();
}

TEST(ServiceDesk, tells_on_the_command_line_who_has_how_much) {
    register_device("wm-1", "DE-N");
    register_device("wm-2", "DE-S");
    register_device("wm-3", "DE-S");
    for (const char* device : {"wm-1", "wm-2", "wm-3"}) {
        ticket_of(call(std::string("c-") + device, device, "blocked"));
    }
    const std::string token_file = collector->dir() / "token";
    std::ofstream(token_file) << maker << "\n";
    const std::vector<std::string> words{
        "centres",      "list",    "--url", "http://127.0.0.1:" + std::to_string(collector->port()),
        "--token-file", token_file};
    const Finished told = collector->program(words);
    LONGS_EQUAL_TEXT(0, told.status.code, told.err.c_str());
    const auto at = [&](const char* id) { return told.out.find(id); };
    CHECK_TRUE_TEXT(at("north") < at("south") && at("south") < at("east"), told.out.c_str());
    STRCMP_CONTAINS("2 a day", told.out.c_str());
    std::vector<std::string> in_json = words;
    in_json.push_back("--json");
    const json centres = json::parse(collector->program(in_json).out)["items"];
    LONGS_EQUAL(1, centres[0]["load"]["open_count"].get<int>());
    LONGS_EQUAL(2, centres[1]["load"]["open_count"].get<int>());
    LONGS_EQUAL(0, centres[2]["load"]["open_count"].get<int>());
    // A token that is none is told as the API tells it.
    std::ofstream(token_file) << "act_nobody\n";
    const Finished refused = collector->program(words);
    LONGS_EQUAL(69, refused.status.code);
    STRCMP_CONTAINS("unknown or was revoked", refused.err.c_str());
}

TEST(ServiceDesk, loses_no_update_of_hands_that_name_the_version_they_saw) {
    register_device("wm-1", "DE-N");
    const std::string id = ticket_of(call("c-1", "wm-1", "blocked"));
    std::atomic<int> done{0}, refused{0}, other{0};
    std::vector<std::thread> hands;
    for (int hand = 0; hand < kHands; ++hand) {
        hands.emplace_back([&] {
            for (int i = 0; i < 5; ++i) {
                const HttpReply seen = collector->get("/api/v1/tickets/" + id, north);
                const auto tag = seen.headers.find("etag");
                const long status =
                    post("/api/v1/tickets/" + id + "/comment", north, R"({"text":"seen"})",
                         tag == seen.headers.end() ? "" : tag->second)
                        .status;
                ++(status == 200 ? done : status == 412 ? refused : other);
            }
        });
    }
    for (std::thread& hand : hands) hand.join();
    LONGS_EQUAL(0, other);
    LONGS_EQUAL(40, done + refused);
    CHECK(done > 0);
    LONGS_EQUAL(int(done), ticket(id, maker)["ticket"]["comment_count"]);
    check_verified();
}

// promise: desk-delivery
TEST(ServiceDesk, works_by_desk_topics_and_takes_up_after_a_kill_what_was_due) {
    const std::string topics = "aftercare-desk/v1/acme/east/";
    Hand hand(broker->url());
    hand.listen(topics + "+");
    register_device("wm-e", "DE-E");
    const std::string id = ticket_of(call("c-1", "wm-e", "blocked"));
    const auto heard = [&](const std::string& leg, const auto& fits) {
        return wait_until(
            [&] {
                const std::string text = hand.latest(topics + leg);
                return !text.empty() && fits(json::parse(text));
            },
            std::chrono::seconds{20});
    };
    CHECK_TRUE(heard("tickets", [&](const json& one) { return one["id"] == id; }));
    CHECK_TRUE(
        wait_until([&] { return collector->metric("desk_due") == 0; }, std::chrono::seconds{20}));
    // Nobody is there to take it, and then the collector dies.
    broker->kill();
    LONGS_EQUAL(200,
                post("/api/v1/tickets/" + id + "/assign", maker, R"({"assignee":"eve"})").status);
    CHECK_TRUE(collector->wait_for_metric("desk_due", 1));
    collector->kill();
    CHECK_TRUE(broker->start_again().has_value());
    Hand second(broker->url(), "second");
    second.listen(topics + "+");
    CHECK_TRUE(collector->start());
    const auto latest = [&](const std::string& leg) { return second.latest(topics + leg); };
    CHECK_TRUE(wait_until(
        [&] {
            const std::string text = latest("tickets");
            return !text.empty() && json::parse(text)["assignee"] == "eve";
        },
        std::chrono::seconds{20}));
    second.publish(
        topics + "outcomes",
        json{
            {"id", "o-1"}, {"ticket_id", id}, {"code", "confirmed_fixed"}, {"component", "blocked"}}
            .dump());
    CHECK_TRUE(wait_until([&] { return !latest("receipts").empty(); }, std::chrono::seconds{20}));
    STRCMP_EQUAL("created", json::parse(latest("receipts"))["kind"].get<std::string>().c_str());
    STRCMP_EQUAL("resolved", ticket(id, maker)["ticket"]["state"].get<std::string>().c_str());
    second.publish("aftercare-desk/v1/acme/north/outcomes",
                   json{{"id", "o-2"}, {"ticket_id", id}, {"code", "no_fault_found"}}.dump());
    CHECK_TRUE(collector->wait_for_metric("quarantined_total{reason=\"bad_outcome\"}", 1));
    check_verified();
}

TEST(ServiceDesk, routes_shows_its_queues_and_takes_actions_on_many_tickets) {
    for (const char* id : {"wm-1", "wm-2", "wm-3"}) register_device(id, "DE-N");
    register_device("wm-s", "DE-S");
    register_device("wm-x", "FR-A");
    std::vector<std::string> ids;
    for (const char* id : {"wm-1", "wm-2", "wm-3", "wm-s", "wm-x"}) {
        ids.push_back(ticket_of(call("c-" + std::string(id), id, "blocked")));
    }
    const json first = ticket(ids[0], north)["ticket"];
    STRCMP_EQUAL("north: serves region DE-N; 0 of 2 jobs today",
                 first["route_reason"].get<std::string>().c_str());
    LONGS_EQUAL(1, count("queue=over_capacity", maker));
    LONGS_EQUAL(1, count("queue=unroutable", maker));
    LONGS_EQUAL(0, count("queue=unroutable", north));
    STRCMP_EQUAL("no service centre serves region FR-A",
                 ticket(ids[4], maker)["ticket"]["route_reason"].get<std::string>().c_str());
    LONGS_EQUAL(404, collector->get("/api/v1/tickets/" + ids[3], north).status);

    json bulk{{"action", "assign"}, {"assignee", "anna"}, {"ids", ids}};
    const json replies =
        json::parse(post("/api/v1/tickets/bulk", north, bulk.dump()).body)["items"];
    LONGS_EQUAL(5, replies.size());
    STRCMP_EQUAL("updated", replies[0]["kind"].get<std::string>().c_str());
    for (const std::size_t foreign : {3U, 4U}) {
        LONGS_EQUAL(404, replies[foreign]["status"]);
        STRCMP_EQUAL(ids[foreign].c_str(), replies[foreign]["id"].get<std::string>().c_str());
    }
    LONGS_EQUAL(3, count("assignee=anna", maker));
    // A device of another centre is visible to the one that has its ticket, and to it only.
    LONGS_EQUAL(200, collector->get("/api/v1/devices/wm-1", north).status);
    LONGS_EQUAL(404, collector->get("/api/v1/devices/wm-s", north).status);

    const std::string path = "/api/v1/tickets/" + ids[4];
    LONGS_EQUAL(422, post(path + "/route", maker, R"({"centre":"west","why":"x"})").status);
    LONGS_EQUAL(200, post(path + "/route", maker, R"({"centre":"south","why":"border"})").status);
    LONGS_EQUAL(0, count("queue=unroutable", maker));
    LONGS_EQUAL(200, post(path + "/escalate", maker, R"({"level":2,"why":"waits"})").status);
    LONGS_EQUAL(1, count("escalated=true", maker));
    const std::string other = ticket_of(call("c-9", "wm-1", "noise"));
    LONGS_EQUAL(200, post("/api/v1/tickets/" + other + "/merge", maker,
                          json{{"into", ids[0]}, {"why", "same"}}.dump())
                         .status);
    STRCMP_EQUAL("merged", ticket(other, maker)["ticket"]["state"].get<std::string>().c_str());
    LONGS_EQUAL(1, ticket(other, maker)["contacts"].size());
    DOUBLES_EQUAL(1, collector->metric("open_tickets_queued{queue=\"over_capacity\"}"), 0);
    DOUBLES_EQUAL(1, collector->metric("open_tickets_escalated"), 0);
    check_verified();
}
