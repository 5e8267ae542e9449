#include <fstream>
#include <nlohmann/json.hpp>

#include "common/rng.hpp"
#include "tests/integration/http/running_collector.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/wait_until.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;

TEST_GROUP(CollectorUnderGarbage) {
    ScratchDir broker_dir{"broker"};
    std::optional<Broker> broker;
    std::unique_ptr<RunningCollector> collector;
    std::unique_ptr<Hand> hand;
    std::string maker;

    void setup() override {
        auto started = Broker::start({.dir = broker_dir.path()});
        CHECK_TRUE_TEXT(started.has_value(), started ? "" : started.error().message.c_str());
        broker = std::move(*started);
        collector = std::make_unique<RunningCollector>(broker->url());
        maker = collector->make_token("maker");
        CHECK_TRUE(collector->start());
        CHECK_TRUE_TEXT(collector->wait_until_ready(), collector->log().c_str());
        hand = std::make_unique<Hand>(broker->url());
        LONGS_EQUAL(201, collector
                             ->post("/api/v1/devices", maker,
                                    R"({"device_id":"wm-1","model":"WM-1","centre":"north"})")
                             .status);
    }
    void send(Seq first, std::size_t count, Seq oldest = 1) const {
        hand->publish(up_topic("acme", "wm-1"), report_bytes("wm-1", first, count, oldest));
    }
    double refused(const std::string& reason) const {
        return collector->metric("quarantined_total{reason=\"" + reason + "\"}");
    }
    bool wait_for_refused(const std::string& reason, double count) const {
        return collector->wait_for_metric("quarantined_total{reason=\"" + reason + "\"}", count);
    }
};

TEST(CollectorUnderGarbage, counts_each_kind_and_stores_the_good_data_between) {
    hand->listen("aftercare/v1/acme/+/wm-1/down");
    const std::string good = up_topic("acme", "wm-1");
    const std::string valid = report_bytes("wm-1", 1, 5, 1);
    Rng rng(7);
    send(1, 5);
    for (int i = 0; i < 20; ++i) {
        std::string noise(1 + rng.below(2'000), '\0');
        for (char& c : noise) c = static_cast<char>(rng.below(256));
        // A leading length-delimited field far beyond the end can never parse.
        hand->publish(good, "\x12\xff\xff\xff\x7f" + noise);
    }
    send(6, 5);
    for (std::size_t cut = valid.size() - 8; cut < valid.size(); ++cut) {  // inside the last record
        hand->publish(good, valid.substr(0, cut));
    }
    hand->publish("aftercare/v1/acme/99/wm-1/up", valid);
    hand->publish("aftercare/v1/acme/00/not an id/up", valid);
    hand->publish(up_topic("rival", "wm-1"), valid);
    hand->publish(up_topic("acme", "stranger"), report_bytes("stranger", 1, 1, 1));
    hand->publish(good, report_bytes("wm-2", 1, 1, 1));
    hand->publish(good, std::string(10'000'000, 'x'));
    send(11, 5);

    CHECK_TRUE(collector->wait_for_metric("records_total", 15));
    CHECK_TRUE(wait_for_refused("too_large", 1));
    DOUBLES_EQUAL(28, refused("bad_protobuf"), 0);
    DOUBLES_EQUAL(1, refused("wrong_bucket"), 0);
    DOUBLES_EQUAL(1, refused("bad_topic"), 0);
    DOUBLES_EQUAL(1, refused("unknown_tenant"), 0);
    DOUBLES_EQUAL(1, refused("unknown_device"), 0);
    DOUBLES_EQUAL(1, refused("device_mismatch"), 0);
    DOUBLES_EQUAL(15, collector->metric("records_total"), 0);
    CHECK_TRUE(wait_until([&] { return hand->heard() > 0; }, std::chrono::seconds{5}));
    LONGS_EQUAL(0, collector->stop());
    const Finished doctor = collector->command({"doctor"});
    for (const char* reason : {"bad_protobuf", "wrong_bucket", "bad_topic", "unknown_tenant",
                               "unknown_device", "device_mismatch", "too_large"}) {
        STRCMP_CONTAINS(reason, doctor.out.c_str());
    }
    const Finished verified = collector->command({"verify"});
    LONGS_EQUAL_TEXT(0, verified.status.code, (verified.out + verified.err).c_str());
}

TEST(CollectorUnderGarbage, keeps_order_and_count_when_seqs_jump_back_and_forth) {
    for (const Seq first : {1, 5, 3, 3, 1, 9, 7, 1}) send(first, 2);
    // 1-2, then 3-6 and 7-10 as their predecessors arrive; the repeats are duplicates.
    CHECK_TRUE(collector->wait_for_metric("records_total", 10));
    CHECK_TRUE(collector->wait_for_metric("duplicate_records_total", 6));
    // Far ahead, beyond what may wait: refused by not being acknowledged, then accepted in order.
    for (Seq first = 1'001; first < 1'021; first += 2) send(first, 2);
    const bool overflown = collector->wait_for_metric("reorder_overflow_total", 1);
    CHECK_TRUE_TEXT(overflown, collector->get("/metrics").body.c_str());
    DOUBLES_EQUAL(10, collector->metric("records_total"), 0);
    // The device holds nothing older than 1001: a declared gap.
    send(1'001, 2, 1'001);
    CHECK_TRUE(collector->wait_for_metric("gap_records_total", 990));
    DOUBLES_EQUAL(990, collector->metric("gap_records_total"), 0);
    LONGS_EQUAL(0, collector->stop());
}

TEST(CollectorUnderGarbage, comes_back_after_a_kill_with_what_it_had_acknowledged) {
    hand->listen("aftercare/v1/acme/+/wm-1/down");
    send(1, 7);
    CHECK_TRUE(wait_until([&] { return hand->heard() == 1; }, std::chrono::seconds{5}));
    collector->kill();
    send(8, 3);  // waits in the broker's session
    CHECK_TRUE(collector->start());
    CHECK_TRUE(collector->wait_for_metric("records_total", 10));
    send(1, 7);
    CHECK_TRUE(collector->wait_for_metric("duplicate_records_total", 7));
    DOUBLES_EQUAL(10, collector->metric("records_total"), 0);
    LONGS_EQUAL(0, collector->stop());
}

TEST(CollectorUnderGarbage, makes_the_broker_wait_when_its_queue_is_full_and_loses_nothing) {
    LONGS_EQUAL(0, collector->stop());
    std::ofstream(collector->dir() / "collector.toml", std::ios::app)
        << "[batch]\nreports_max = 5\nqueue_reports_max = 10\n";
    // They wait in the session and come all at once.
    for (Seq seq = 1; seq <= 300; ++seq) send(seq, 1);
    CHECK_TRUE(collector->start());
    CHECK_TRUE(collector->wait_for_metric("records_total", 300));
    CHECK_TRUE(collector->metric("queue_waits_total") > 0);
    DOUBLES_EQUAL(0, collector->metric("duplicate_records_total"), 0);
    DOUBLES_EQUAL(0, collector->metric("gap_records_total"), 0);
    LONGS_EQUAL(0, collector->stop());
}

TEST(CollectorUnderGarbage, reports_a_lost_broker_once_and_its_return_once) {
    broker->kill();
    CHECK_TRUE(wait_until([&] { return collector->get("/readyz").status == 503; },
                          std::chrono::seconds{10}));
    CHECK_TRUE(wait_until([&] { return collector->log_count("trying again") >= 1; },
                          std::chrono::seconds{5}));
    CHECK_TRUE(broker->start_again().has_value());
    CHECK_TRUE(collector->wait_until_ready());
    LONGS_EQUAL(1, collector->log_count("trying again"));
    LONGS_EQUAL(2, collector->log_count("broker: connected to"));
    DOUBLES_EQUAL(1, collector->metric("broker_reconnects_total"), 0);
    Hand second(broker->url());
    second.publish(up_topic("acme", "wm-1"), report_bytes("wm-1", 1, 1, 1));
    CHECK_TRUE(collector->wait_for_metric("records_total", 1));
    LONGS_EQUAL(0, collector->stop());
}

TEST(CollectorUnderGarbage, serves_a_ticket_from_the_call_to_the_outcome) {
    const HttpReply call = collector->post(
        "/api/v1/contacts", maker,
        R"({"direction":"inbound","contact_id":"c-1","device_id":"wm-1","component":"drain_pump"})");
    LONGS_EQUAL_TEXT(201, call.status, call.body.c_str());
    const std::string id = nlohmann::json::parse(call.body)["ticket_id"];
    const HttpReply shown = collector->get("/api/v1/tickets/" + id, maker);
    const std::string move = R"({"to":"in_progress","why":"technician on site"})";
    const auto change = [&](const std::string& tag) {
        return collector->post("/api/v1/tickets/" + id + "/transition", maker, move, tag).status;
    };
    LONGS_EQUAL(200, change(shown.headers.at("etag")));
    LONGS_EQUAL(412, change(shown.headers.at("etag")));
    const std::string outcome = R"({"id":"o-1","ticket_id":")" + id +
                                R"(","code":"failure_repaired","component":"drain_pump"})";
    LONGS_EQUAL(201, collector->post("/api/v1/outcomes", maker, outcome).status);
    LONGS_EQUAL(200, collector->post("/api/v1/outcomes", maker, outcome).status);
    const auto detail = nlohmann::json::parse(collector->get("/api/v1/tickets/" + id, maker).body);
    STRCMP_EQUAL("resolved", detail["ticket"]["state"].get<std::string>().c_str());
    LONGS_EQUAL(1, detail["outcomes"].size());
    const std::string north = collector->make_token("centre", "north");
    const std::string south = collector->make_token("centre", "south");
    LONGS_EQUAL_TEXT(200, collector->get("/api/v1/tickets/" + id, north).status, north.c_str());
    LONGS_EQUAL(404, collector->get("/api/v1/tickets/" + id, south).status);
    LONGS_EQUAL(200, collector->get("/api/v1/kpis", north).status);
    LONGS_EQUAL(0, collector->stop());
}

TEST(CollectorUnderGarbage, takes_in_over_the_api_what_it_refused_until_the_token_is_revoked) {
    hand->publish(up_topic("acme", "wm-9"), report_bytes("wm-9", 1, 3, 1));
    CHECK_TRUE(wait_for_refused("unknown_device", 1));
    LONGS_EQUAL(201, collector
                         ->post("/api/v1/devices", maker,
                                R"({"device_id":"wm-9","model":"WM-1","centre":"north"})")
                         .status);
    const std::string file = (collector->dir() / "token").string();
    std::ofstream(file) << maker << "\n";
    const auto retry = [&] {
        return collector->program({"quarantine", "retry", "unknown_device", "--url",
                                   "http://127.0.0.1:" + std::to_string(collector->port()),
                                   "--token-file", file});
    };
    const Finished first = retry();
    LONGS_EQUAL_TEXT(0, first.status.code, first.err.c_str());
    STRCMP_CONTAINS("\"stored\":1", first.out.c_str());
    CHECK_TRUE(collector->wait_for_metric("records_total", 3));
    const auto tokens =
        nlohmann::json::parse(collector->command({"token", "list", "--json"}).out)["items"];
    const std::string name = tokens[0]["name"];
    LONGS_EQUAL(0, collector->command({"token", "revoke", name}).status.code);
    LONGS_EQUAL(401, collector->get("/api/v1/devices", maker).status);
    const Finished second = retry();
    LONGS_EQUAL(74, second.status.code);
    STRCMP_CONTAINS("revoked", second.err.c_str());
    LONGS_EQUAL(0, collector->stop());
}

TEST_GROUP(CollectorStart) {
    RunningCollector collector{"mqtt://127.0.0.1:1"};

    int exit_of(const std::vector<std::string>& arguments) {
        std::vector<std::string> words{AFTERCARE_COLLECTOR, "run"};
        words.insert(words.end(), arguments.begin(), arguments.end());
        const auto finished =
            run_program({.command = words, .log_dir = collector.dir().path(), .name = "start"},
                        std::chrono::seconds{20});
        said = finished ? finished->err : finished.error().message;
        return finished ? finished->status.code : -1;
    }
    std::string said;
};

// promise: config-mistake
TEST(CollectorStart, names_a_config_mistake_and_exits_with_78) {
    const std::string file = (collector.dir() / "collector.toml").string();
    std::ofstream(file, std::ios::app) << "[sla]\ncolour = 1\n";
    LONGS_EQUAL(78, exit_of({"--config", file}));
    STRCMP_CONTAINS((file + ":16:").c_str(), said.c_str());
    STRCMP_CONTAINS("[sla]: unknown key 'colour': allowed are", said.c_str());
}

TEST(CollectorStart, refuses_a_broker_that_lets_strangers_in_unless_told) {
    const std::string file = (collector.dir() / "collector.toml").string();
    LONGS_EQUAL(78, exit_of({"--config", file, "--broker", "mqtt://192.0.2.1:1883"}));
    STRCMP_CONTAINS("--insecure-lab", said.c_str());
}

TEST(CollectorStart, waits_for_a_missing_broker_and_says_so_once) {
    CHECK_TRUE(collector.start());
    LONGS_EQUAL(503, collector.get("/readyz").status);
    LONGS_EQUAL(200, collector.get("/healthz").status);
    CHECK_TRUE(wait_until([&] { return collector.log_count("trying again") == 1; },
                          std::chrono::seconds{10}));
    LONGS_EQUAL(0, collector.stop());
    LONGS_EQUAL(1, collector.log_count("trying again"));
}

TEST(CollectorStart, names_a_database_that_belongs_to_somebody_else) {
    std::ofstream(collector.dir() / "aftercare.db") << "not a database, far from it";
    LONGS_EQUAL(74, exit_of({"--config", (collector.dir() / "collector.toml").string()}));
    STRCMP_CONTAINS("aftercare.db", said.c_str());
}
