#include "collector/core/detect/interval.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

namespace {

Interval span_of(int start, int end) {
    return {.start = wall_from_unix_ms(start), .end = wall_from_unix_ms(end)};
}

std::string shown(const Intervals& intervals) {
    std::string text;
    for (const Interval& interval : intervals) {
        text += "[" + std::to_string(unix_ms(interval.start)) + "," +
                std::to_string(unix_ms(interval.end)) + "]";
    }
    return text;
}

void check(const char* expected, const Intervals& intervals) {
    STRCMP_EQUAL(expected, shown(intervals).c_str());
}

}  // namespace

TEST_GROUP(Interval){};

TEST(Interval, intersection_is_every_overlap) {
    const Intervals left{span_of(0, 10), span_of(20, 40)};
    const Intervals right{span_of(5, 25), span_of(30, 35), span_of(41, 50)};
    check("[5,10][20,25][30,35]", intersect(left, right));
    check("[5,10][20,25][30,35]", intersect(right, left));
}

TEST(Interval, ends_belong_to_it) {
    check("[10,10]", intersect(Intervals{span_of(0, 10)}, Intervals{span_of(10, 20)}));
    check("", intersect(Intervals{span_of(0, 9)}, Intervals{span_of(10, 20)}));
    CHECK(span_of(3, 5).contains(wall_from_unix_ms(5)));
    CHECK_FALSE(span_of(3, 5).contains(wall_from_unix_ms(6)));
}

TEST(Interval, nothing_meets_nothing) {
    check("", intersect(Intervals{}, Intervals{span_of(0, 10)}));
    check("[0,10]", unite(Intervals{}, Intervals{span_of(0, 10)}));
}

TEST(Interval, union_keeps_starts_apart_and_the_longest_of_one_start) {
    check("[0,10][5,20]", unite(Intervals{span_of(5, 20)}, Intervals{span_of(0, 10)}));
    check("[0,30]", unite(Intervals{span_of(0, 10)}, Intervals{span_of(0, 30)}));
}

TEST(Interval, overlaps_with_one_start_leave_the_longest) {
    // 0..50 and 0..30 both reach into 10..40: one start, 10.
    check("[10,40]",
          intersect(Intervals{span_of(0, 50), span_of(1, 30)}, Intervals{span_of(10, 40)}));
}

TEST(Interval, growth_at_the_end_never_takes_a_start_away) {
    const Intervals right{span_of(5, 25), span_of(30, 35)};
    Intervals left{span_of(0, 6)};
    check("[5,6]", intersect(left, right));
    left[0].end = wall_from_unix_ms(100);
    check("[5,25][30,35]", intersect(left, right));
}

TEST(Interval, a_time_that_would_overflow_is_for_ever) {
    CHECK(later_by(kForEver - milliseconds{1}, milliseconds{5}) == kForEver);
    CHECK(later_by(wall_from_unix_ms(1), milliseconds{5}) == wall_from_unix_ms(6));
}
