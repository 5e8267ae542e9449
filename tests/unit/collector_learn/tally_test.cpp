#include "collector/core/learn/fit/tally.hpp"

#include <cmath>

#include "tests/unit/collector_learn/made_fleet.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::test;

TEST_GROUP(TrialTally){};

TEST(TrialTally, counts_right_wrong_censored_and_missed_by_hand) {
    HistoryMaker maker;
    const auto a = maker.device("a"), b = maker.device("b");
    // The first and last faults only say how long the history is.
    maker.fault(a, 0, "x").fault(a, 1000, "x").fault(b, 0, "x").fault(b, 1000, "x");
    // a: a code 20 h before a failure, a second one 10 h before it; a failure without any code; a
    // code with nothing after it. b: a code 30 h before the part is renewed.
    maker.fault(a, 180, "e").fault(a, 190, "e").outcome(a, 200, "p");
    maker.outcome(a, 400, "p").fault(a, 600, "e");
    maker.fault(b, 300, "e").outcome(b, 330, "p", OutcomeCode::preventive_replacement);
    const std::vector<History> histories{maker.made()};
    const Fleet fleet = assemble(histories);
    const std::uint32_t code = 0;  // "e" before "x"
    const TrialTally tallied =
        tally(fleet, code_episodes(fleet, {code}, hours_ms(48)), 0, hours_ms(48));
    LONGS_EQUAL(1, tallied.right);
    LONGS_EQUAL(1, tallied.wrong);
    LONGS_EQUAL(1, tallied.censored);
    LONGS_EQUAL(1, tallied.missed);
    LONGS_EQUAL(1, tallied.leads_h.size());
    DOUBLES_EQUAL(20, tallied.leads_h[0], 1e-9);
    DOUBLES_EQUAL(2 * 1000.0 / 48, tallied.blocks, 1e-9);
}

TEST(TrialTally, an_episode_that_goes_on_keeps_its_ticket_open) {
    HistoryMaker maker;
    const auto a = maker.device("a");
    // Codes each 40 h hold 48 h: one episode from 100 to 268, and one ticket.
    for (const double at : {0.0, 100.0, 140.0, 180.0, 220.0, 1000.0}) maker.fault(a, at, "e");
    maker.outcome(a, 900, "p");
    const std::vector<History> histories{maker.made()};
    const Fleet fleet = assemble(histories);
    const TrialTally tallied =
        tally(fleet, code_episodes(fleet, {0}, hours_ms(48)), 0, hours_ms(48));
    // Those at 0, at 100 and at 1000; the last is not watched to its end.
    LONGS_EQUAL(2, tallied.wrong);
    LONGS_EQUAL(1, tallied.censored);
    LONGS_EQUAL(1, tallied.missed);
}

TEST(TrialTally, evidence_is_the_bayes_factor_of_the_two_by_two_table) {
    // One block of each kind: with Jeffreys' prior P(one hit, one miss) = B(1.5, 1.5) / B(.5, .5)
    // = (π/8) / π = 1/8 for each row; for both rows in one, P(two, two) = B(2.5, 2.5) / B(.5, .5)
    // = (3π/128) / π = 3/128. The factor is (1/64) / (3/128) = 2/3.
    TrialTally even;
    even.right = even.wrong = even.missed = 1;
    even.blocks = 4;
    DOUBLES_EQUAL(-std::abs(std::log(2.0 / 3)), evidence(even), 1e-9);
    TrialTally good = even;
    good.right = 20, good.blocks = 1000;
    CHECK(evidence(good) > 50);
    // Failures shun these tickets: no evidence for a rule, however strong the link.
    TrialTally shunned;
    shunned.wrong = 400, shunned.missed = 100, shunned.blocks = 600;
    CHECK(evidence(shunned) < 0);
}

TEST(TrialTally, shares_have_the_quantiles_of_their_beta_posterior) {
    // Beta(1/2, 1/2) is the arcsine law: quantile q = sin²(πq/2).
    const Share nothing = share_of(0, 0);
    DOUBLES_EQUAL(0.5, nothing.mean, 1e-12);
    DOUBLES_EQUAL(std::pow(std::sin(M_PI * 0.05), 2), nothing.low, 1e-9);
    DOUBLES_EQUAL(std::pow(std::sin(M_PI * 0.45), 2), nothing.high, 1e-9);
    DOUBLES_EQUAL(9.5 / 11, share_of(9, 1).mean, 1e-12);
}

TEST(TrialTally, what_is_beyond_chance_shrinks_as_blocks_fill) {
    // Posterior means of precision and recall are 19/22; of 100 blocks 10 fail and 10 have tickets:
    // (19/22 − 0.1) ÷ 0.9 = 28/33.
    TrialTally tallied;
    tallied.right = tallied.found = 9, tallied.wrong = tallied.missed = 1, tallied.blocks = 100;
    DOUBLES_EQUAL(28.0 / 33, f1_beyond_chance(tallied), 1e-12);
    tallied.blocks = 20;  // (19/22 − 0.5) ÷ 0.5
    DOUBLES_EQUAL(8.0 / 11, f1_beyond_chance(tallied), 1e-12);
    tallied.blocks = 10;
    DOUBLES_EQUAL(0, f1_beyond_chance(tallied), 1e-12);
}
