#include "firmware_sim/model/truth.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::sim;

namespace {

WallTime hour(double hours) {
    return WallTime{} + hours_ms(hours);
}

}  // namespace

TEST_GROUP(Truth){};

TEST(Truth, prevented_failures_count_at_the_time_they_would_have_come) {
    TruthLedger truth;
    const auto prevented = truth.begin({.device_id = "d1", .component = "a", .onset_at = hour(10)});
    const auto failed = truth.begin({.device_id = "d2", .component = "a", .onset_at = hour(10)});
    (void)truth.begin({.device_id = "d3", .component = "a", .onset_at = hour(10)});
    truth.end(prevented, hour(20), Ending::repaired, hour(70));
    truth.fail(failed, hour(60));
    truth.end(failed, hour(80), Ending::repaired, hour(80));
    const auto failures = failures_of(truth);
    CHECK_EQUAL(2U, failures.size());
    CHECK(failures[0].at == hour(70));
    CHECK(failures[1].at == hour(60));
}
