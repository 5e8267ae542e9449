// The long form of the crash test: two hundred random kills of collector, broker and agents under a
// fleet, a broker that loses its queue, and stalls that make it drop what it acknowledged.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "common/rng.hpp"
#include "tests/integration/live/live_run.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr unsigned kKills = 200;
constexpr unsigned kKillsPerStall = 20;
constexpr int kAgents = 6;
constexpr std::uint64_t kRecordsMin = 500'000;

/// Another seed hits other moments: AFTERCARE_SEED=n in the environment.
std::uint64_t seed() {
    const char* text = std::getenv("AFTERCARE_SEED");
    return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

}  // namespace

TEST_GROUP(CrashMatrix) {
    LiveRun run_under_fire;
    Rng rng{seed()};

    milliseconds between(std::uint64_t low_ms, std::uint64_t high_ms) {
        return milliseconds{static_cast<std::int64_t>(low_ms + rng.below(high_ms - low_ms))};
    }
};

// promise: exactly-once
TEST(CrashMatrix, loses_and_doubles_nothing_over_two_hundred_kills) {
    std::printf("AFTERCARE_SEED=%llu\n", static_cast<unsigned long long>(seed()));
    // Some ten minutes of real time: enough for two hundred kills, and for half a million records.
    // Three hundred devices have more reports under way than the broker keeps for a stalled
    // consumer.
    run_under_fire.start({.devices = 300,
                          .days = 130,
                          .speed = 18'000,
                          .agents = kAgents,
                          .queue = BrokerQueue::defaults});
    std::map<std::string, unsigned> blows;
    for (unsigned kills = 0; kills < kKills; ++kills) {
        run_under_fire.live_for(between(100, 1'500));
        const std::uint64_t dice = rng.below(10);
        if (dice < 4) {
            ++blows["collector killed"];
            run_under_fire.kill_collector(between(0, 800));
        } else if (dice < 6) {
            ++blows["broker killed"];
            run_under_fire.kill_broker(between(0, 800));
        } else if (dice < 7) {
            ++blows["broker killed, its queue lost"];
            run_under_fire.kill_broker(between(0, 800), LiveRun::Memory::lost);
        } else {
            ++blows["agent killed"];
            run_under_fire.kill_agent(rng.below(kAgents));
        }
        if (kills % kKillsPerStall == 0) {
            ++blows["collector stalled"];
            run_under_fire.stall_collector(between(2'000, 4'000));
        }
    }
    CHECK(run_under_fire.broker_has_dropped());
    const std::uint64_t records =
        run_under_fire.check_nothing_lost_and_nothing_doubled(seconds{900});
    for (const auto& [what, count] : blows) std::printf("%u x %s\n", count, what.c_str());
    std::printf("%llu records, each stored once or declared lost\n",
                static_cast<unsigned long long>(records));
    CHECK(records >= kRecordsMin);
}
