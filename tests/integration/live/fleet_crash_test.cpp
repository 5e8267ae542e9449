// Collector, broker and agents are killed under a live fleet, and the broker drops what it
// promised. Afterwards every record that any agent made is in the database exactly once, or in a
// declared gap.
#include "tests/integration/live/live_run.hpp"
#include "tests/integration/live/stored_records.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_GROUP(FleetCrash) {
    LiveRun run_under_fire;
};

// promise: exactly-once
TEST(FleetCrash, loses_and_doubles_nothing_whoever_is_killed_and_whatever_the_broker_drops) {
    run_under_fire.start(
        {.devices = 40, .days = 20, .speed = 144'000, .agents = 2, .queue = BrokerQueue::tiny});
    run_under_fire.live_for(milliseconds{1'000});
    run_under_fire.kill_collector(milliseconds{700});
    run_under_fire.live_for(milliseconds{500});
    run_under_fire.kill_agent(0);
    run_under_fire.live_for(milliseconds{500});
    run_under_fire.kill_broker(milliseconds{500});
    run_under_fire.live_for(milliseconds{1'000});
    run_under_fire.kill_broker(milliseconds{500}, LiveRun::Memory::lost);
    run_under_fire.live_for(milliseconds{1'000});
    run_under_fire.kill_agent(1);
    run_under_fire.stall_collector(milliseconds{1'500});
    run_under_fire.live_for(milliseconds{500});
    CHECK(run_under_fire.broker_has_dropped());
    CHECK(run_under_fire.check_nothing_lost_and_nothing_doubled(seconds{150}) > 40 * 100);
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
