#include "collector/core/intake/lane_intake.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(LaneIntake) {
    LaneIntake lane;

    static Report report(Seq first, Seq last, Seq oldest = 1, std::uint32_t gap_before = 0) {
        Report made;
        made.header.first_seq = first;
        made.header.oldest_seq = oldest;
        for (Seq seq = first; seq <= last; ++seq) made.records.push_back({.seq = seq});
        made.records.front().gap_before = gap_before;
        return made;
    }
    LaneIntake::Kept keep(const Report& made, std::size_t count_max = 2) {
        bool displaced = false;
        const auto kept = lane.keep({made, "", WallTime{}}, count_max, &displaced);
        displaced_count += displaced ? 1 : 0;
        return kept;
    }
    int displaced_count = 0;
};

TEST(LaneIntake, applies_the_next_and_knows_what_it_had) {
    CHECK(lane.judge(report(1, 5)) == LaneIntake::Verdict::apply);
    CHECK_FALSE(lane.advance(1, 5).has_value());
    CHECK(lane.judge(report(3, 5)) == LaneIntake::Verdict::duplicate);
    CHECK(lane.judge(report(4, 6)) == LaneIntake::Verdict::apply);  // the tail of it is new
    CHECK(lane.judge(report(7, 8)) == LaneIntake::Verdict::wait);
}

TEST(LaneIntake, passes_a_hole_only_when_the_device_declares_it) {
    lane.advance(1, 5);
    CHECK(lane.judge(report(10, 12, 6)) == LaneIntake::Verdict::wait);
    CHECK(lane.judge(report(10, 12, 6, 3)) == LaneIntake::Verdict::wait);   // 6 is still missing
    CHECK(lane.judge(report(10, 12, 6, 4)) == LaneIntake::Verdict::apply);  // 6..9 evicted
    const auto hole = lane.advance(10, 12);
    CHECK_TRUE(hole.has_value());
    UNSIGNED_LONGS_EQUAL(6, hole->first);
    UNSIGNED_LONGS_EQUAL(9, hole->last);
    CHECK(lane.judge(report(20, 20, 20)) == LaneIntake::Verdict::apply);  // nothing older is held
}

TEST(LaneIntake, what_waits_goes_before_what_jumps) {
    lane.advance(1, 5);
    LONGS_EQUAL(int(LaneIntake::Kept::kept), int(keep(report(8, 9, 6))));
    // The device holds nothing below 12, but 8..9 are here: they must not fall into the gap.
    CHECK(lane.judge(report(12, 13, 12)) == LaneIntake::Verdict::wait);
    LONGS_EQUAL(int(LaneIntake::Kept::kept), int(keep(report(12, 13, 12))));
    const auto hole = lane.take_declared_hole();
    CHECK_TRUE(hole.has_value());
    UNSIGNED_LONGS_EQUAL(6, hole->first);
    UNSIGNED_LONGS_EQUAL(7, hole->last);
    const auto ready = lane.take_ready();
    CHECK_TRUE(ready.has_value());
    UNSIGNED_LONGS_EQUAL(8, ready->report.header.first_seq);
}

TEST(LaneIntake, drops_the_one_furthest_ahead_when_full) {
    LONGS_EQUAL(int(LaneIntake::Kept::kept), int(keep(report(10, 10))));
    LONGS_EQUAL(int(LaneIntake::Kept::kept), int(keep(report(30, 30))));
    LONGS_EQUAL(int(LaneIntake::Kept::dropped), int(keep(report(40, 40))));
    LONGS_EQUAL(int(LaneIntake::Kept::kept), int(keep(report(20, 20))));
    LONGS_EQUAL(1, displaced_count);
    LONGS_EQUAL(2, lane.waiting_count());
    LONGS_EQUAL(int(LaneIntake::Kept::known), int(keep(report(20, 20))));
    lane.advance(1, 19);
    UNSIGNED_LONGS_EQUAL(10,
                         lane.take_ready()->report.header.first_seq);  // overtaken: known by now
    UNSIGNED_LONGS_EQUAL(20, lane.take_ready()->report.header.first_seq);
    CHECK_FALSE(lane.take_ready().has_value());
    LONGS_EQUAL(0, lane.waiting_count());
}
