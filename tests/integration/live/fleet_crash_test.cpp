// Collector and broker are killed under a live fleet. Afterwards every record that any agent made
// is in the database exactly once, or in a declared gap.
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "common/time_text.hpp"
#include "tests/integration/live/collector_process.hpp"
#include "tests/integration/live/stored_records.hpp"
#include "tests/support/broker.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/support/wait_until.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr const char* kStart = "2026-05-01T00:00:00Z";
constexpr const char* kScenario = AFTERCARE_SOURCE_DIR "/firmware_sim/scenarios/quickstart.toml";

std::string in_seconds(int count) {
    const auto now = std::chrono::floor<seconds>(std::chrono::system_clock::now()) + seconds{count};
    return format_rfc3339(WallTime{now.time_since_epoch()});
}

}  // namespace

TEST_GROUP(FleetCrash) {
    ScratchDir scratch{"crash"};
    std::optional<Broker> broker;
    std::optional<CollectorProcess> collector;
    std::optional<Process> fleet;

    void start(int devices, int days, double speed) {
        std::filesystem::create_directory(scratch / "broker");
        auto started_broker = Broker::start({.dir = scratch / "broker"});
        CHECK_TEXT(started_broker.has_value(),
                   started_broker ? "" : started_broker.error().message.c_str());
        broker.emplace(std::move(*started_broker));
        const std::string epoch = in_seconds(3);
        auto started = CollectorProcess::start({.program = AFTERCARE_COLLECTOR,
                                                .dir = scratch.path(),
                                                .broker_url = broker->url(),
                                                .clock_start = kStart,
                                                .clock_epoch = epoch,
                                                .clock_speed = speed});
        CHECK_TEXT(started.has_value(), started ? "" : started.error().message.c_str());
        collector.emplace(std::move(*started));
        auto sim = Process::start({.command = {AFTERCARE_SIM,
                                               "run",
                                               kScenario,
                                               "--devices",
                                               std::to_string(devices),
                                               "--days",
                                               std::to_string(days),
                                               "--seed",
                                               "11",
                                               "--live",
                                               broker->url(),
                                               "--api",
                                               collector->api_url(),
                                               "--token-file",
                                               collector->token_file().string(),
                                               "--ledger",
                                               (scratch / "ledger").string(),
                                               "--clock-start",
                                               kStart,
                                               "--clock-epoch",
                                               epoch,
                                               "--clock-speed",
                                               std::to_string(speed)},
                                   .log_dir = scratch.path(),
                                   .name = "fleet"});
        CHECK(sim.has_value());
        fleet.emplace(std::move(*sim));
        CHECK_TEXT(fleet->wait_for("running", seconds{20}), fleet->err().c_str());
    }
    /// Real time of undisturbed work between two blows.
    void live_for(milliseconds span) {
        CHECK_TEXT(!wait_until([&] { return !fleet->running(); }, span), fleet->err().c_str());
    }
    void kill_collector() {
        collector->kill();
        live_for(milliseconds{700});
        const Status again = collector->start_again();
        CHECK_TEXT(again.has_value(), again ? "" : again.error().message.c_str());
    }
    void kill_broker() {
        broker->kill();
        live_for(milliseconds{700});
        const Status again = broker->start_again();
        CHECK_TEXT(again.has_value(), again ? "" : again.error().message.c_str());
    }
    void check_nothing_lost_and_nothing_doubled() {
        const auto ended = fleet->wait(seconds{150});
        CHECK_TEXT(ended.has_value(), ended ? "" : ended.error().message.c_str());
        CHECK_TEXT(ended->clean(), fleet->err().c_str());
        CHECK(collector->stop().has_value());
        const auto stored = read_stored_records(collector->database());
        CHECK_TEXT(stored.has_value(), stored ? "" : stored.error().message.c_str());
        std::ifstream ledger(scratch / "ledger");
        std::size_t device_count = 0;
        std::uint64_t record_count = 0;
        for (std::string line; std::getline(ledger, line); ++device_count) {
            const auto made = nlohmann::json::parse(line);
            const StreamKey key{made["device_id"], made["stream_id"]};
            CHECK_TEXT(stored->contains(key), line.c_str());
            for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
                const Seq count = made["made"][lane];
                record_count += count;
                const std::string fault = stored->at(key)[lane].fault(count);
                CHECK_TEXT(fault.empty(), (line + ": " + fault).c_str());
            }
        }
        LONGS_EQUAL(device_count, stored->size());
        CHECK(record_count > device_count * 100);
        const auto verified = collector->verify();
        CHECK_TEXT(verified && verified->status.clean(), verified ? verified->err.c_str() : "");
    }
};

TEST(FleetCrash, loses_and_doubles_nothing_when_collector_and_broker_are_killed) {
    start(40, 20, 144'000);
    live_for(milliseconds{2'000});
    kill_collector();
    live_for(milliseconds{2'000});
    kill_broker();
    check_nothing_lost_and_nothing_doubled();
}

TEST_GROUP(LaneContent) {
    LaneContent lane;

    void stored(Seq first, Seq last) {
        for (Seq seq = first; seq <= last; ++seq) ++lane.copies[seq];
    }
};

TEST(LaneContent, is_whole_when_each_record_is_stored_once_or_declared_lost) {
    stored(1, 5);
    stored(8, 9);
    lane.gaps = {{6, 7}};
    STRCMP_EQUAL("", lane.fault(9).c_str());
}

TEST(LaneContent, names_the_first_fault) {
    stored(1, 5);
    STRCMP_EQUAL("seq 6 is lost", lane.fault(6).c_str());
    STRCMP_EQUAL("seq 5 is stored and was never made", lane.fault(4).c_str());
    stored(3, 3);
    STRCMP_EQUAL("seq 3 is stored 2 times", lane.fault(5).c_str());
    lane.gaps = {{2, 2}};
    STRCMP_EQUAL("seq 2 is stored and declared lost", lane.fault(5).c_str());
}
