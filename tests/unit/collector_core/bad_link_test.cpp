#include "tests/unit/collector_core/bad_link.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare::collector::testing;

TEST_GROUP(BadLink){};

// promise: exactly-once
TEST(BadLink, every_record_is_applied_once_or_lies_in_a_declared_gap) {
    KillCounts kills;
    for (std::uint64_t seed = 1; seed <= 15; ++seed) {
        BadLink world{seed};
        world.live();
        world.check();
        kills.before += world.kills().before;
        kills.inside += world.kills().inside;
        kills.after += world.kills().after;
    }
    CHECK_TRUE(kills.before > 50 && kills.inside > 50 && kills.after > 50);
}
