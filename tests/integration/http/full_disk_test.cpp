// The live collector on a file system without room: acknowledgements stop, /readyz says why, and
// everything goes in once there is room again.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/integration/http/running_collector.hpp"
#include "tests/support/wait_until.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;
using std::chrono::seconds;

namespace {

constexpr seconds kPatience{20};
/// A mount of this process and its children alone.
constexpr const char* kOnSmallDisk =
    "mount -t tmpfs -o size=24m,mode=0700 tmpfs \"$1\" && shift && exec \"$@\"";
constexpr Seq kRecordsPerReport = 100;

}  // namespace

TEST_GROUP(FullDiskLive) {
    ScratchDir dir{"full-disk"};
    std::optional<Broker> broker;
    std::optional<Process> collector;
    std::string port;
    Seq next_seq = 1;

    std::vector<std::string> on_small_disk(std::vector<std::string> command) {
        std::vector<std::string> words{
            "unshare", "-m", "sh", "-c", kOnSmallDisk, "sh", (dir / "small").string()};
        words.insert(words.end(), command.begin(), command.end());
        return words;
    }
    bool may_mount() {
        const auto tried = run_program(
            {.command = on_small_disk({"true"}), .log_dir = dir.path(), .name = "mount"},
            kPatience);
        return tried && tried->status.clean();
    }
    void start() {
        auto started = Broker::start({.dir = dir.path()});
        CHECK_TEXT(started.has_value(), started ? "" : started.error().message.c_str());
        broker.emplace(std::move(*started));
        std::ofstream(dir / "collector.toml")
            << "[broker]\nurl = \"" << broker->url() << "\"\n"
            << "[database]\npath = \"small/aftercare.db\"\n"
            << "[http]\nlisten = \"127.0.0.1:0\"\nport_file = \"port\"\n"
            << "[tenants]\nlist = [\"acme\"]\nenrolment = \"open\"\n"
            << "[log]\nformat = \"json\"\n";
        auto process =
            Process::start({.command = on_small_disk({AFTERCARE_COLLECTOR, "run", "--config",
                                                      (dir / "collector.toml").string()}),
                            .log_dir = dir.path(),
                            .name = "collector"});
        CHECK(process.has_value());
        collector.emplace(std::move(*process));
        const bool listens = wait_until(
            [&] { return std::filesystem::exists(dir / "port") || !collector->running(); },
            kPatience);
        CHECK_TEXT(listens && collector->running(), collector->err().c_str());
        std::ifstream(dir / "port") >> port;
        CHECK(wait_until([&] { return get("/readyz").status == 200; }, kPatience));
    }
    HttpReply get(const std::string& path) {
        return http({.url = "http://127.0.0.1:" + port + path}).value_or(HttpReply{});
    }
    /// As the collector sees the small disk.
    std::filesystem::path small(const std::string& file) {
        return "/proc/" + std::to_string(collector->pid()) + "/root" +
               (dir / "small" / file).string();
    }
    void send(Hand & hand) {
        hand.publish(up_topic("acme", "wm-1"),
                     report_bytes("wm-1", next_seq, kRecordsPerReport, 1));
        next_seq += kRecordsPerReport;
    }
    bool records_reach(Seq count) {
        const std::string line =
            "aftercare_collector_records_total " + std::to_string(count) + "\n";
        return wait_until([&] { return get("/metrics").body.find(line) != std::string::npos; },
                          kPatience);
    }
};

// promise: disk-fault
TEST(FullDiskLive, stops_acknowledgements_says_why_and_loses_nothing) {
    std::filesystem::create_directory(dir / "small");
    if (!may_mount()) {
        std::puts("SKIP: this system lets no test mount a file system of its own");
        return;
    }
    start();
    Hand hand(broker->url());
    hand.listen("aftercare/v1/acme/+/wm-1/down");
    send(hand);
    CHECK(records_reach(kRecordsPerReport));
    CHECK(wait_until([&] { return hand.heard() == 1; }, kPatience));

    std::ofstream(small("ballast")) << std::string(30'000'000, 'x');
    // The log may still have some pages of its own: reports come until it is full.
    CHECK(wait_until(
        [&] {
            send(hand);
            return get("/readyz").body.find("Free space there") != std::string::npos;
        },
        kPatience));
    const std::size_t acks = hand.heard();
    for (int i = 0; i < 5; ++i) send(hand);
    LONGS_EQUAL(503, get("/readyz").status);
    LONGS_EQUAL(acks, hand.heard());

    std::filesystem::remove(small("ballast"));
    CHECK(wait_until([&] { return get("/readyz").status == 200; }, kPatience));
    CHECK(records_reach(next_seq - 1));
    CHECK(wait_until([&] { return hand.heard() > acks; }, kPatience));
    const auto verified = run_program(
        {.command = {"nsenter", "-m", "-t", std::to_string(collector->pid()), AFTERCARE_COLLECTOR,
                     "verify", "--db", (dir / "small" / "aftercare.db").string()},
         .log_dir = dir.path(),
         .name = "verify"},
        kPatience);
    CHECK_TEXT(verified && verified->status.clean(), verified ? verified->err.c_str() : "");
    CHECK(collector->stop(kPatience)->clean());

    // Every line of the log is an object with a stable name.
    std::istringstream log(collector->err());
    std::set<std::string> events;
    for (std::string line; std::getline(log, line);) {
        const auto object = nlohmann::json::parse(line, nullptr, false);
        CHECK_TEXT(object.is_object(), line.c_str());
        events.insert(object["event"]);
    }
    for (const char* event : {"database_opened", "broker_connected", "listening", "store_refuses",
                              "store_works", "stopping", "stopped"}) {
        CHECK_TEXT(events.count(event) == 1, event);
    }
}
