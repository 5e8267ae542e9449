// The long form of bad_link_test.cpp.
#include <cstdio>

#include "tests/unit/collector_core/bad_link.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare::collector::testing;

TEST_GROUP(LongBadLink){};

TEST(LongBadLink, ten_thousand_kills_lose_and_double_nothing) {
    KillCounts kills;
    std::uint64_t seed = 0;
    while (kills.total() < 10'000) {
        BadLink world{++seed};
        world.live();
        world.check();
        kills.before += world.kills().before;
        kills.inside += world.kills().inside;
        kills.after += world.kills().after;
    }
    std::printf("%llu seeds; kills before %llu, inside %llu, after commit %llu\n",
                static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(kills.before),
                static_cast<unsigned long long>(kills.inside),
                static_cast<unsigned long long>(kills.after));
}
