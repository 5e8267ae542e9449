// The long form of the crash test: two hundred random kills of collector and broker under a fleet.
#include <cstdio>
#include <cstdlib>

#include "common/rng.hpp"
#include "tests/integration/live/live_run.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr unsigned kKills = 200;
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

TEST(CrashMatrix, loses_and_doubles_nothing_over_two_hundred_kills) {
    std::printf("AFTERCARE_SEED=%llu\n", static_cast<unsigned long long>(seed()));
    // Some ten minutes of real time: enough for two hundred kills, and for half a million records.
    run_under_fire.start({.devices = 150, .days = 260, .speed = 36'000});
    unsigned kills = 0;
    for (; kills < kKills; ++kills) {
        run_under_fire.live_for(between(100, 1'500));
        if (rng.chance(0.5)) {
            run_under_fire.kill_collector(between(0, 800));
        } else {
            run_under_fire.kill_broker(between(0, 800));
        }
    }
    CHECK(run_under_fire.check_nothing_lost_and_nothing_doubled(seconds{900}) >= kRecordsMin);
    LONGS_EQUAL(kKills, kills);
}
