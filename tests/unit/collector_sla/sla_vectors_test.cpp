// The working-time clock against a table worked by hand: calendars. The comment above each line
// shows the arithmetic.
#include "tests/unit/collector_sla/sla_vectors.hpp"

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

TEST_GROUP(SlaVectors){};

// Fridays: 20 November, 27 March, 25 December 2026. Mondays: 23 November, 30 March.

// promise: sla-clock
TEST(SlaVectors, several_intervals_a_day) {
    resolution({
        // 10-12 = 2 h, lunch, 13-15 = 2 h.
        {"lunch break",
         {office(), h(4)},
         {{"2026-11-20T10:00:00+01:00", "open"}},
         "2026-11-20T15:00:00+01:00",
         0},
        // 9-12 = 3 h: due at the close of the interval, not at 13:00.
        {"ends with an interval",
         {office(), h(3)},
         {{"2026-11-20T09:00:00+01:00", "open"}},
         "2026-11-20T12:00:00+01:00",
         0},
        // 9-12 = 3 h, 1 min after lunch.
        {"a minute longer",
         {office(), h(3) + 1},
         {{"2026-11-20T09:00:00+01:00", "open"}},
         "2026-11-20T13:01:00+01:00",
         0},
        // 3 h + 4 h: due at the close of the day, not on Monday morning.
        {"ends with the day",
         {office(), h(7)},
         {{"2026-11-20T09:00:00+01:00", "open"}},
         "2026-11-20T17:00:00+01:00",
         0},
        // Friday 15-17 = 2 h, Monday 9-12 = 3 h, 13-16 = 3 h.
        {"weekend",
         {office(), h(8)},
         {{"2026-11-20T15:00:00+01:00", "open"}},
         "2026-11-23T16:00:00+01:00",
         0},
        // Monday 23-24 = 1 h, Tuesday 0-3 = 3 h.
        {"service over midnight",
         {late_shift(), h(4)},
         {{"2026-11-23T23:00:00+01:00", "open"}},
         "2026-11-24T03:00:00+01:00",
         0},
        // 22-24 = 2 h: due at midnight.
        {"ends at midnight",
         {late_shift(), h(2)},
         {{"2026-11-23T22:00:00+01:00", "open"}},
         "2026-11-24T00:00:00+01:00",
         0},
        // 35 h a week: two whole weeks are 70 h.
        {"two weeks",
         {office(), h(70)},
         {{"2026-11-20T15:00:00+01:00", "open"}},
         "2026-12-04T15:00:00+01:00",
         0},
        {"no service hours at all",
         {hours({}, 0, berlin()), h(1)},
         {{"2026-11-20T15:00:00+01:00", "open"}},
         "",
         0},
    });
}

TEST(SlaVectors, opened_outside_hours) {
    resolution({
        // Saturday and Sunday count nothing, Monday 9-11 = 2 h.
        {"on Saturday",
         {office(), h(2)},
         {{"2026-11-21T14:00:00+01:00", "open"}},
         "2026-11-23T11:00:00+01:00",
         0},
        {"before opening",
         {office(), h(1)},
         {{"2026-11-23T06:30:00+01:00", "open"}},
         "2026-11-23T10:00:00+01:00",
         0},
        // 13-14 = 1 h.
        {"in the lunch break",
         {office(), h(1)},
         {{"2026-11-23T12:30:00+01:00", "open"}},
         "2026-11-23T14:00:00+01:00",
         0},
        // Friday has nothing left, Monday 9-10 = 1 h.
        {"at the close",
         {office(), h(1)},
         {{"2026-11-20T17:00:00+01:00", "open"}},
         "2026-11-23T10:00:00+01:00",
         0},
        // Resolved on Sunday: nothing was spent, it was due on Monday at 11.
        {"and resolved before opening",
         {office(), h(2)},
         {{"2026-11-21T14:00:00+01:00", "open"}, {"2026-11-22T14:00:00+01:00", "end"}},
         "2026-11-23T11:00:00+01:00",
         0},
    });
}

TEST(SlaVectors, holidays) {
    resolution({
        // Thursday 16-17 = 1 h, Friday is a holiday, Monday 9-11 = 2 h.
        {"single",
         {office({"2026-12-25"}), h(3)},
         {{"2026-12-24T16:00:00+01:00", "open"}},
         "2026-12-28T11:00:00+01:00",
         0},
        // Saturday takes nothing from nobody: Thursday 1 h, Friday 9-11 = 2 h.
        {"on a weekend",
         {office({"2026-12-26"}), h(3)},
         {{"2026-12-24T16:00:00+01:00", "open"}},
         "2026-12-25T11:00:00+01:00",
         0},
        // Thursday 1 h; Good Friday, weekend, Easter Monday; Tuesday 9-11 = 2 h.
        {"Easter",
         {office({"2026-04-03", "2026-04-06"}), h(3)},
         {{"2026-04-02T16:00:00+02:00", "open"}},
         "2026-04-07T11:00:00+02:00",
         0},
        // Nothing on the day itself, Monday 9-10 = 1 h.
        {"opened on one",
         {office({"2026-12-25"}), h(1)},
         {{"2026-12-25T10:00:00+01:00", "open"}},
         "2026-12-28T10:00:00+01:00",
         0},
        // Saturday 22-24 = 2 h, the Sunday of 23 h counts nothing, Monday 0-2 = 2 h.
        {"on the day that loses an hour",
         {always({"2026-03-29"}), h(4)},
         {{"2026-03-28T22:00:00+01:00", "open"}},
         "2026-03-30T02:00:00+02:00",
         0},
        // Saturday 22-24 = 2 h, the Sunday of 25 h counts nothing, Monday 0-2 = 2 h.
        {"on the day that gains an hour",
         {always({"2026-10-25"}), h(4)},
         {{"2026-10-24T22:00:00+02:00", "open"}},
         "2026-10-26T02:00:00+01:00",
         0},
    });
}

TEST(SlaVectors, changes_of_the_clocks) {
    resolution({
        // 11:00 UTC to 11:00 UTC are 24 h, an hour later on the wall.
        {"spring, round the clock",
         {always(), h(24)},
         {{"2026-03-28T12:00:00+01:00", "open"}},
         "2026-03-29T13:00:00+02:00",
         0},
        // Friday 16-17 CET = 1 h, Monday 9-12 and 13-17 CEST = 7 h.
        {"spring, office",
         {office(), h(8)},
         {{"2026-03-27T16:00:00+01:00", "open"}},
         "2026-03-30T17:00:00+02:00",
         0},
        // 1-2 CET = 1 h, 2-3 never was, 3-5 CEST = 2 h.
        {"spring, at night",
         {nights(), h(3)},
         {{"2026-03-29T00:00:00+01:00", "open"}},
         "2026-03-29T05:00:00+02:00",
         0},
        // 10:00 UTC to 10:00 UTC are 24 h, an hour earlier on the wall.
        {"autumn, round the clock",
         {always(), h(24)},
         {{"2026-10-24T12:00:00+02:00", "open"}},
         "2026-10-25T11:00:00+01:00",
         0},
        // Friday 16-17 CEST = 1 h, Monday 9-12 and 13-17 CET = 7 h.
        {"autumn, office",
         {office(), h(8)},
         {{"2026-10-23T16:00:00+02:00", "open"}},
         "2026-10-26T17:00:00+01:00",
         0},
        // 1-2 CEST, 2-3 CEST, 2-3 CET: three hours.
        {"autumn, at night",
         {nights(), h(3)},
         {{"2026-10-25T00:00:00+02:00", "open"}},
         "2026-10-25T03:00:00+01:00",
         0},
        // From 2:30 to 2:30 an hour later.
        {"autumn, opened in the hour that comes twice",
         {nights(), h(1)},
         {{"2026-10-25T02:30:00+02:00", "open"}},
         "2026-10-25T02:30:00+01:00",
         0},
        {"autumn, opened in its second pass",
         {nights(), h(1)},
         {{"2026-10-25T02:30:00+01:00", "open"}},
         "2026-10-25T03:30:00+01:00",
         0},
        // South: 1-2 AEDT, 2-3 AEDT, 2-3 AEST.
        {"Sydney, autumn",
         {nights(sydney()), h(3)},
         {{"2026-04-05T00:00:00+11:00", "open"}},
         "2026-04-05T03:00:00+10:00",
         0},
        // 1-2 AEST = 1 h, 2-3 never was, 3-5 AEDT = 2 h.
        {"Sydney, spring",
         {nights(sydney()), h(3)},
         {{"2026-10-04T00:00:00+10:00", "open"}},
         "2026-10-04T05:00:00+11:00",
         0},
    });
}
