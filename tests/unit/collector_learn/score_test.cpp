#include "collector/core/learn/score.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

namespace {

WallTime hour(double hours) {
    return WallTime{} + hours_ms(hours);
}

Ticket ticket(const char* device, const char* component, double opened_h, double horizon_h = 48) {
    Ticket made;
    made.id = std::string(device) + component + std::to_string(opened_h);
    made.device_id = device;
    made.component = component;
    made.opened_at = hour(opened_h);
    made.horizon_h = horizon_h;
    return made;
}

}  // namespace

TEST_GROUP(Score){};

TEST(Score, counts_by_hand) {
    // d1/a fails at 120 h: found 20 h ahead by the earlier of two right tickets. d2/a fails at 200
    // h unseen. d3's ticket names the wrong component, d4's comes 60 h ahead of a 48 h horizon.
    const std::vector<TrueFailure> failures = {{"d1", "a", hour(120)},
                                               {"d2", "a", hour(200)},
                                               {"d3", "a", hour(300)},
                                               {"d4", "a", hour(400)}};
    const std::vector<Ticket> tickets = {ticket("d1", "a", 100), ticket("d1", "a", 110),
                                         ticket("d3", "b", 290), ticket("d4", "a", 340)};
    const Score result = score(tickets, failures, {.begin = hour(0), .end = hour(1000)});
    CHECK_EQUAL(4U, result.tickets);
    CHECK_EQUAL(2U, result.right);
    CHECK_EQUAL(4U, result.failures);
    CHECK_EQUAL(1U, result.found);
    DOUBLES_EQUAL(0.5, *result.precision, 1e-12);
    DOUBLES_EQUAL(0.25, *result.recall, 1e-12);
    DOUBLES_EQUAL(2 * 0.5 * 0.25 / 0.75, *result.f1, 1e-12);
    DOUBLES_EQUAL(20, *result.median_lead_h, 1e-9);  // leads 10 and 20, the upper of an even number
}

TEST(Score, warm_up_and_end_leave_out_failures_that_nobody_could_or_need_find) {
    const std::vector<TrueFailure> failures = {{"d1", "a", hour(40)},
                                               {"d2", "a", hour(45)},
                                               {"d3", "a", hour(101)},
                                               {"d4", "a", hour(110)}};
    const std::vector<Ticket> tickets = {ticket("d2", "a", 30), ticket("d4", "a", 99)};
    const Score result = score(tickets, failures, {.begin = hour(0), .end = hour(100)});
    // Found ones count although one lies in the warm-up and the other after the end.
    CHECK_EQUAL(2U, result.failures);
    CHECK_EQUAL(2U, result.found);
}

TEST(Score, a_fixed_horizon_overrides_the_tickets_own) {
    const std::vector<TrueFailure> failures = {{"d1", "a", hour(100)}};
    const std::vector<Ticket> tickets = {ticket("d1", "a", 70, 24)};
    CHECK_EQUAL(0U, score(tickets, failures, {.begin = hour(0), .end = hour(200)}).right);
    CHECK_EQUAL(
        1U, score(tickets, failures, {.horizon = hours_ms(48), .begin = hour(0), .end = hour(200)})
                .right);
}

TEST(Score, reactive_tickets_are_no_predictions_and_empty_populations_have_no_rate) {
    auto called = ticket("d1", "a", 99);
    called.origin = Origin::reactive;
    const std::vector<Ticket> tickets = {called};
    const Score result = score(tickets, {}, {.begin = hour(0), .end = hour(200)});
    CHECK_EQUAL(0U, result.tickets);
    CHECK_FALSE(result.precision.has_value());
    CHECK_FALSE(result.recall.has_value());
    CHECK_FALSE(result.f1.has_value());
}
