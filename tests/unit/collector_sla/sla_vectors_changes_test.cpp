// The working-time clock against a table worked by hand: what happens to a ticket. The comment
// above each line shows the arithmetic.
#include "tests/unit/collector_sla/sla_vectors.hpp"

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

TEST_GROUP(SlaVectorsOfChanges){};

// Fridays: 20 November, 27 March, 25 December 2026. Mondays: 23 November, 30 March.

TEST(SlaVectorsOfChanges, pauses) {
    resolution({
        // Friday 14-16 = 2 h. 6 h left: Monday 11-12 and 13-17 = 5 h, Tuesday 9-10 = 1 h.
        {"over a weekend",
         {office(), h(8)},
         {{"2026-11-20T14:00:00+01:00", "open"},
          {"2026-11-20T16:00:00+01:00", "pause"},
          {"2026-11-23T11:00:00+01:00", "resume"}},
         "2026-11-24T10:00:00+01:00",
         h(2)},
        // Thursday 9-11 = 2 h. Resumed on the holiday; 8 h left: Monday 7 h, Tuesday 1 h.
        {"over a holiday",
         {office({"2026-12-25"}), h(10)},
         {{"2026-12-24T09:00:00+01:00", "open"},
          {"2026-12-24T11:00:00+01:00", "pause"},
          {"2026-12-25T12:00:00+01:00", "resume"}},
         "2026-12-29T10:00:00+01:00",
         h(2)},
        // Saturday 20-23 = 3 h, 3 h left from Sunday 6:00 CEST.
        {"over the spring change",
         {always(), h(6)},
         {{"2026-03-28T20:00:00+01:00", "open"},
          {"2026-03-28T23:00:00+01:00", "pause"},
          {"2026-03-29T06:00:00+02:00", "resume"}},
         "2026-03-29T09:00:00+02:00",
         h(3)},
        // 1:00-2:30 CEST = 1.5 h; 2:30 CET to 5:00 CET = 2.5 h.
        {"over the autumn change",
         {nights(), h(4)},
         {{"2026-10-25T01:00:00+02:00", "open"},
          {"2026-10-25T02:30:00+02:00", "pause"},
          {"2026-10-25T02:30:00+01:00", "resume"}},
         "2026-10-25T05:00:00+01:00",
         90},
        // 9-10 = 1 h; 11-12 and 13-14 = 2 h; 4 h left: 15-17 = 2 h, Tuesday 9-11 = 2 h.
        {"two",
         {office(), h(7)},
         {{"2026-11-23T09:00:00+01:00", "open"},
          {"2026-11-23T10:00:00+01:00", "pause"},
          {"2026-11-23T11:00:00+01:00", "resume"},
          {"2026-11-23T14:00:00+01:00", "pause"},
          {"2026-11-23T15:00:00+01:00", "resume"}},
         "2026-11-24T11:00:00+01:00",
         h(3)},
        // Friday 15-17 = 2 h; both ends lie outside hours; Monday 9-11 = 2 h.
        {"wholly outside hours",
         {office(), h(4)},
         {{"2026-11-20T15:00:00+01:00", "open"},
          {"2026-11-20T20:00:00+01:00", "pause"},
          {"2026-11-22T12:00:00+01:00", "resume"}},
         "2026-11-23T11:00:00+01:00",
         h(2)},
        {"while it lasts nothing is due",
         {office(), h(4)},
         {{"2026-11-20T15:00:00+01:00", "open"}, {"2026-11-20T16:00:00+01:00", "pause"}},
         "",
         h(1)},
        // 9-12 = 3 h, all of it: due the moment it runs again.
        {"with zero left",
         {office(), h(3)},
         {{"2026-11-23T09:00:00+01:00", "open"},
          {"2026-11-23T12:00:00+01:00", "pause"},
          {"2026-11-24T10:00:00+01:00", "resume"}},
         "2026-11-24T10:00:00+01:00",
         h(3)},
        // Due at 11:00; 9-12 and 13-14 = 4 h were spent. No pause takes a breach back.
        {"after the breach",
         {office(), h(2)},
         {{"2026-11-23T09:00:00+01:00", "open"},
          {"2026-11-23T14:00:00+01:00", "pause"},
          {"2026-11-24T10:00:00+01:00", "resume"}},
         "2026-11-23T11:00:00+01:00",
         h(4)},
    });
}

TEST(SlaVectorsOfChanges, changed_policies) {
    resolution({
        // 9-11 = 2 h of 8 h. Of 4 h 2 h are left: 14-16.
        {"while paused",
         {office(), h(8)},
         {{"2026-11-23T09:00:00+01:00", "open"},
          {"2026-11-23T11:00:00+01:00", "pause"},
          {"2026-11-23T12:00:00+01:00", "terms"},
          {"2026-11-23T14:00:00+01:00", "resume"}},
         "2026-11-23T16:00:00+01:00",
         h(2),
         {office(), h(4)}},
        {"while paused, nothing is due yet",
         {office(), h(8)},
         {{"2026-11-23T09:00:00+01:00", "open"},
          {"2026-11-23T11:00:00+01:00", "pause"},
          {"2026-11-23T12:00:00+01:00", "terms"}},
         "",
         h(2),
         {office(), h(4)}},
        // 16-17 = 1 h by office hours; the night of the pause counts by neither; 7 h from 20:00.
        {"while paused, to round the clock",
         {office(), h(8)},
         {{"2026-11-23T16:00:00+01:00", "open"},
          {"2026-11-23T17:00:00+01:00", "pause"},
          {"2026-11-23T18:00:00+01:00", "terms"},
          {"2026-11-23T20:00:00+01:00", "resume"}},
         "2026-11-24T03:00:00+01:00",
         h(1),
         {always(), h(8)}},
        // 9-12 and 13-15 = 5 h. 5 h left: 15-17 = 2 h, Tuesday 9-12 = 3 h.
        {"while running, to more",
         {office(), h(8)},
         {{"2026-11-23T09:00:00+01:00", "open"}, {"2026-11-23T15:00:00+01:00", "terms"}},
         "2026-11-24T12:00:00+01:00",
         h(5),
         {office(), h(10)}},
        // 6-9 = 3 h round the clock stay 3 h. 5 h left: 9-12 = 3 h, 13-15 = 2 h.
        {"while running, to office hours",
         {always(), h(8)},
         {{"2026-11-23T06:00:00+01:00", "open"}, {"2026-11-23T09:00:00+01:00", "terms"}},
         "2026-11-23T15:00:00+01:00",
         h(3),
         {office(), h(8)}},
        // 9-12 and 13-14 = 4 h are more than 2 h: due at the change.
        {"while running, to less than was spent",
         {office(), h(8)},
         {{"2026-11-23T09:00:00+01:00", "open"}, {"2026-11-23T14:00:00+01:00", "terms"}},
         "2026-11-23T14:00:00+01:00",
         h(4),
         {office(), h(2)}},
        // Broken at 11:00 by 2 h; 4 h of 6 h are spent at 14:00: 2 h left.
        {"after the breach, to more",
         {office(), h(2)},
         {{"2026-11-23T09:00:00+01:00", "open"}, {"2026-11-23T14:00:00+01:00", "terms"}},
         "2026-11-23T16:00:00+01:00",
         h(4),
         {office(), h(6)}},
        // Broken at 11:00 by 2 h and by 3 h as well: the breach stays what it was.
        {"after the breach, to too little",
         {office(), h(2)},
         {{"2026-11-23T09:00:00+01:00", "open"}, {"2026-11-23T14:00:00+01:00", "terms"}},
         "2026-11-23T11:00:00+01:00",
         h(4),
         {office(), h(3)}},
    });
}

TEST(SlaVectorsOfChanges, resolved_and_reopened) {
    resolution({
        // Due at 9-12 = 3 h, 13-14 = 1 h; resolved after 2 h.
        {"resolved in time",
         {office(), h(4)},
         {{"2026-11-23T09:00:00+01:00", "open"}, {"2026-11-23T11:00:00+01:00", "end"}},
         "2026-11-23T14:00:00+01:00",
         h(2)},
        // 9-11 = 2 h. Had it gone on at Tuesday 10:00, it was due at 12:00.
        {"resolved while paused",
         {office(), h(4)},
         {{"2026-11-23T09:00:00+01:00", "open"},
          {"2026-11-23T11:00:00+01:00", "pause"},
          {"2026-11-24T10:00:00+01:00", "end"}},
         "2026-11-24T12:00:00+01:00",
         h(2)},
        // 2 h spent. 6 h left: Wednesday 16-17 = 1 h, Thursday 9-12 and 13-15 = 5 h.
        {"reopened",
         {office(), h(8)},
         {{"2026-11-23T09:00:00+01:00", "open"},
          {"2026-11-23T11:00:00+01:00", "end"},
          {"2026-11-25T16:00:00+01:00", "reopen"}},
         "2026-11-26T15:00:00+01:00",
         h(2)},
        // 1 h + 1 h; 1 h left: Thursday 9-10.
        {"reopened twice",
         {office(), h(3)},
         {{"2026-11-23T09:00:00+01:00", "open"},
          {"2026-11-23T10:00:00+01:00", "end"},
          {"2026-11-24T09:00:00+01:00", "reopen"},
          {"2026-11-24T10:00:00+01:00", "end"},
          {"2026-11-25T17:30:00+01:00", "reopen"}},
         "2026-11-26T10:00:00+01:00",
         h(2)},
        // 9-10 = 1 h, then paused; resolved, reopened on Friday 16:00: 1 h there, Monday 9-10.
        {"reopened after it was resolved while paused",
         {office(), h(3)},
         {{"2026-11-18T09:00:00+01:00", "open"},
          {"2026-11-18T10:00:00+01:00", "pause"},
          {"2026-11-19T10:00:00+01:00", "end"},
          {"2026-11-20T16:00:00+01:00", "reopen"}},
         "2026-11-23T10:00:00+01:00",
         h(1)},
        // Broken on Monday at 11:00: resolved on Tuesday and reopened, it is still that breach.
        {"reopened after the breach",
         {office(), h(2)},
         {{"2026-11-23T09:00:00+01:00", "open"},
          {"2026-11-24T10:00:00+01:00", "end"},
          {"2026-11-25T10:00:00+01:00", "reopen"}},
         "2026-11-23T11:00:00+01:00",
         h(8)},
    });
}

TEST(SlaVectorsOfChanges, first_responses) {
    first_response({
        // Monday 9-11 = 2 h was allowed; answered at 8:00: nothing spent.
        {"before opening hours",
         {office(), h(2)},
         {{"2026-11-21T10:00:00+01:00", "open"}, {"2026-11-23T08:00:00+01:00", "contact"}},
         "2026-11-23T11:00:00+01:00",
         0},
        // 9-10 = 1 h, then paused. 1 h left from Tuesday 8:30: had it gone on, due at 10:00.
        {"while paused",
         {office(), h(2)},
         {{"2026-11-23T09:00:00+01:00", "open"},
          {"2026-11-23T10:00:00+01:00", "pause"},
          {"2026-11-24T08:30:00+01:00", "contact"}},
         "2026-11-24T10:00:00+01:00",
         h(1)},
        // 9-9:30; the pause and all that follows are the resolution's.
        {"once given, it is over",
         {office(), h(2)},
         {{"2026-11-23T09:00:00+01:00", "open"},
          {"2026-11-23T09:30:00+01:00", "contact"},
          {"2026-11-23T10:00:00+01:00", "pause"},
          {"2026-11-23T14:00:00+01:00", "resume"},
          {"2026-11-24T10:00:00+01:00", "end"},
          {"2026-11-25T10:00:00+01:00", "reopen"}},
         "2026-11-23T11:00:00+01:00",
         30},
        // 16-17 = 1 h and 9-10 = 1 h: half an hour late, and it stays so.
        {"late",
         {office(), h(1) + 30},
         {{"2026-11-23T16:00:00+01:00", "open"}, {"2026-11-24T10:00:00+01:00", "contact"}},
         "2026-11-24T09:30:00+01:00",
         h(2)},
    });
}
