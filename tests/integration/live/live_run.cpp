#include "tests/integration/live/live_run.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

#include "common/time_text.hpp"
#include "tests/integration/live/stored_records.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/wait_until.hpp"

#include <CppUTest/TestHarness.h>

namespace aftercare::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kStart = "2026-05-01T00:00:00Z";
constexpr const char* kScenario = AFTERCARE_SOURCE_DIR "/firmware_sim/scenarios/quickstart.toml";

std::string in_seconds(int count) {
    const auto now = std::chrono::floor<seconds>(std::chrono::system_clock::now()) + seconds{count};
    return format_rfc3339(WallTime{now.time_since_epoch()});
}

template <class T>
void require(const Result<T>& result) {
    CHECK_TEXT(result.has_value(), result ? "" : result.error().message.c_str());
}

}  // namespace

void LiveRun::start(const LiveRunOptions& options) {
    std::filesystem::create_directory(scratch_ / "broker");
    auto broker = Broker::start({.dir = scratch_ / "broker", .queue = options.queue});
    require(broker);
    broker_.emplace(std::move(*broker));
    const std::string epoch = in_seconds(3);
    auto collector = CollectorProcess::start({.program = AFTERCARE_COLLECTOR,
                                              .dir = scratch_.path(),
                                              .broker_url = broker_->url(),
                                              .clock_start = kStart,
                                              .clock_epoch = epoch,
                                              .clock_speed = options.speed});
    require(collector);
    collector_.emplace(std::move(*collector));
    auto fleet = Process::start({.command = {AFTERCARE_SIM,
                                             "run",
                                             kScenario,
                                             "--devices",
                                             std::to_string(options.devices),
                                             "--days",
                                             std::to_string(options.days),
                                             "--seed",
                                             std::to_string(options.seed),
                                             "--live",
                                             broker_->url(),
                                             "--api",
                                             collector_->api_url(),
                                             "--token-file",
                                             collector_->token_file().string(),
                                             "--ledger",
                                             (scratch_ / "ledger").string(),
                                             "--clock-start",
                                             kStart,
                                             "--clock-epoch",
                                             epoch,
                                             "--clock-speed",
                                             std::to_string(options.speed)},
                                 .log_dir = scratch_.path(),
                                 .name = "fleet"});
    require(fleet);
    fleet_.emplace(std::move(*fleet));
    CHECK_TEXT(fleet_->wait_for("running", seconds{30}), fleet_->err().c_str());
    start_agents(options.agents);
}

void LiveRun::start_agents(int count) {
    for (int number = 1; number <= count; ++number) {
        const std::string id = "agent-" + std::to_string(number);
        const auto registered =
            http({.method = "POST",
                  .url = collector_->api_url() + "/api/v1/devices",
                  .body = R"({"device_id": ")" + id + R"(", "model": "WM-820"})",
                  .token = collector_->token(),
                  .headers = {{"Content-Type", "application/json"}}});
        CHECK_TEXT(registered && registered->status < 300,
                   registered ? registered->body.c_str() : registered.error().message.c_str());
        std::filesystem::create_directory(scratch_ / id);
        agents_.push_back(
            std::make_unique<RealAgent>(RealAgentOptions{.program = AFTERCARE_AGENT,
                                                         .dir = scratch_ / id,
                                                         .device_id = id,
                                                         .model = "WM-820",
                                                         .broker_url = broker_->url()}));
    }
}

void LiveRun::live_for(milliseconds span) {
    constexpr milliseconds kFeedPeriod{50};
    const bool ended = wait_until(
        [this] {
            for (const auto& agent : agents_) {
                agent->report(2);
                agent->read_answers();
            }
            return !fleet_->running();
        },
        span, kFeedPeriod);
    if (!ended) return;
    const auto status = fleet_->wait(milliseconds{0});
    FAIL(("the fleet ended early, with code " + std::to_string(status->code) + " and signal " +
          std::to_string(status->signal) + ": " + fleet_->out() + fleet_->err())
             .c_str());
}

void LiveRun::kill_collector(milliseconds away) {
    collector_->kill();
    live_for(away);
    require(collector_->start_again());
}

void LiveRun::kill_broker(milliseconds away, Memory memory) {
    broker_->kill();
    if (memory == Memory::lost) broker_->lose_database();
    live_for(away);
    require(broker_->start_again());
}

void LiveRun::stall_collector(milliseconds span) {
    collector_->freeze();
    live_for(span);
    collector_->go_on();
}

void LiveRun::copy(const std::vector<std::string>& arguments) {
    std::vector<std::string> command{AFTERCARE_COLLECTOR};
    command.insert(command.end(), arguments.begin(), arguments.end());
    command.insert(command.end(), {"--db", collector_->database().string()});
    const auto ended = run_program(
        {.command = command, .log_dir = scratch_.path(), .name = arguments[0]}, seconds{60});
    require(ended);
    CHECK_TEXT(ended->status.clean(), ended->err.c_str());
}

void LiveRun::back_up(const std::string& file) {
    copy({"backup", "--to", path(file).string()});
}

void LiveRun::restore(const std::string& file) {
    restored_ = true;
    require(collector_->stop());
    copy({"restore", "--from", path(file).string()});
    require(collector_->start_again());
}

std::uint64_t LiveRun::check_nothing_lost_and_nothing_doubled(seconds patience) {
    const auto ended = fleet_->wait(patience);
    require(ended);
    CHECK_TEXT(ended->clean(), fleet_->err().c_str());
    for (const auto& agent : agents_) agent->await_acknowledgement(seconds{60});
    require(collector_->stop());
    const auto stored = read_stored_records(collector_->database());
    require(stored);
    std::ifstream ledger(scratch_ / "ledger");
    std::size_t device_count = 0;
    std::uint64_t record_count = 0;
    for (std::string line; std::getline(ledger, line); ++device_count) {
        const auto made = nlohmann::json::parse(line);
        const StreamKey key{made["device_id"], made["stream_id"]};
        CHECK_TEXT(stored->contains(key), line.c_str());
        for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
            const Seq count = made["made"][lane];
            record_count += count;
            const LaneContent& content = stored->at(key)[lane];
            const bool tail_unknown = restored_ && lane == index(Lane::urgent);
            const std::string fault = content.fault(tail_unknown ? content.reach() : count);
            CHECK_TEXT(fault.empty(), (line + ": " + fault).c_str());
        }
    }
    for (const auto& agent : agents_) record_count += agent->check(*stored);
    LONGS_EQUAL(device_count + agents_.size(), stored->size());
    const auto verified = collector_->verify();
    require(verified);
    CHECK_TEXT(verified->status.clean(), (verified->out + verified->err).c_str());
    return record_count;
}

}  // namespace aftercare::test
