// The firmware example does what the porting guide says of it, on flash that is as strict as flash.
#include <numeric>

#include "common/topic.hpp"
#include "tests/integration/embedding/fake_board.hpp"
#include "tests/support/process.hpp"
#include "tests/support/scratch_dir.hpp"
extern "C" {
#include "appliance.h"
}

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;

namespace {

template <class Body>
std::vector<Record> received() {
    std::vector<Record> found;
    for (const Report& report : board().reports) {
        for (const Record& record : report.records) {
            if (std::holds_alternative<Body>(record.body)) found.push_back(record);
        }
    }
    return found;
}

}  // namespace

TEST_GROUP(Superloop){void setup() override{board().reset();
}
void teardown() override {
    LONGS_EQUAL(0, board().spoilt_programs);
}
}
;

TEST(Superloop, reports_a_fault_at_once_and_the_readings_in_their_time) {
    CHECK(appliance_start());
    board().run(1'000);
    board().fault_code = 18;
    board().water_celsius = 91.5F;
    board().run(2'000);
    const auto faults = received<Fault>();
    LONGS_EQUAL(1, faults.size());
    LONGS_EQUAL(18, std::get<Fault>(faults[0].body).code);
    DOUBLES_EQUAL(91.5, std::get<Fault>(faults[0].body).snapshot.items[0].value, 0);
    CHECK(received<Reading>().empty());

    board().run(300'000);
    const auto readings = received<Reading>();
    CHECK(readings.size() >= 3);
    // A sample a second at least, for 60 s.
    CHECK(std::get<Reading>(readings[1].body).metrics.items[0].n >= 60);
    DOUBLES_EQUAL(91.5, std::get<Reading>(readings[1].body).metrics.items[0].mean, 1e-4);
    STRCMP_EQUAL(std::string(format_topic("acme", "boiler-0001", Leg::up).view()).c_str(),
                 board().up_topic.c_str());
    CHECK(appliance_state().urgent_acked >= 2);
}

TEST(Superloop, keeps_what_no_network_took_over_a_power_cut) {
    board().network = false;
    CHECK(appliance_start());
    board().fault_code = 7;
    board().run(10'000);
    // Power cut: the memory is simply used anew, nothing is closed or flushed.
    CHECK(appliance_start());
    LONGS_EQUAL(2, appliance_state().boot);
    board().network = true;
    board().run(600'000);
    const auto faults = received<Fault>();
    // The fault is still there after the reset, so it is raised once in each boot.
    LONGS_EQUAL(2, faults.size());
    LONGS_EQUAL(1, faults[0].boot);
    LONGS_EQUAL(2, faults[1].boot);
    LONGS_EQUAL(0, appliance_state().urgent_held);
}

TEST(Superloop, wears_the_pages_evenly_while_months_go_by) {
    CHECK(appliance_start());
    board().run(30U * 86'400'000U);
    const auto& erases = board().erases_by_page;
    const auto [least, most] = std::minmax_element(erases.begin(), erases.end());
    CHECK(*least > 10);
    CHECK(*most - *least <= 2);
    LONGS_EQUAL(0, appliance_state().dropped_reading);
}

TEST(Superloop, goes_on_when_the_32_bit_counter_of_the_board_wraps) {
    board().now_ms = UINT32_MAX - 90'000;
    CHECK(appliance_start());
    board().run(200'000);
    std::uint64_t last_ms = 0;
    for (const Record& record : received<Reading>()) {
        CHECK(record.uptime_ms > last_ms);
        last_ms = record.uptime_ms;
    }
    CHECK(last_ms > UINT32_MAX);
}

TEST(Superloop, runs_on_a_PC_without_any_board) {
    const ScratchDir scratch{"superloop"};
    const auto done = run_program({.command = {EXAMPLE_SUPERLOOP}, .log_dir = scratch.path()},
                                  std::chrono::seconds{30});
    CHECK(done && done->status.clean());
    // Boot and fault; a reading each of ten minutes but the last, which has not ended.
    STRCMP_EQUAL("held 2 urgent, 9 bulk, storage errors 0\n", done->out.c_str());
}
