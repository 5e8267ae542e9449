// The C library as a maker uses it: the example programs, built against the header alone.
#include "tests/integration/agent/fake_collector.hpp"
#include "tests/support/broker.hpp"
#include "tests/support/process.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/support/wait_until.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;
using namespace std::chrono_literals;

TEST_GROUP(Library) {
    ScratchDir dir{"library"};
    int runs = 0;

    std::string run_example(std::vector<std::string> command) {
        auto finished = test::run_program({.command = std::move(command),
                                           .log_dir = dir.path(),
                                           .name = "example" + std::to_string(++runs)},
                                          60s);
        CHECK_TRUE(finished.has_value());
        CHECK_TRUE(finished->status.clean());
        return finished->out;
    }
};

TEST(Library, keeps_a_fault_with_nothing_but_a_folder) {
    const std::string spool = (dir / "spool").string();
    STRCMP_EQUAL("ok: seq 3, durable 1\n", run_example({AFTERCARE_MINIMAL, spool}).c_str());
    // The next boot goes on: its boot and clock records lie between.
    STRCMP_EQUAL("ok: seq 6, durable 1\n", run_example({AFTERCARE_MINIMAL, spool}).c_str());
}

TEST(Library, delivers_to_a_broker_and_lets_go_once_acknowledged) {
    auto broker = Broker::start({.dir = dir.path()});
    CHECK_TRUE_TEXT(broker.has_value(), broker ? "" : broker.error().message.c_str());
    FakeCollector collector{broker->url()};
    run_example({AFTERCARE_MINIMAL, (dir / "spool").string(), broker->url()});
    CHECK_TRUE(wait_until([&] { return collector.records(Lane::urgent).size() >= 3; }, 30s));
    STRCMP_EQUAL("", collector.refusal().c_str());
    const auto records = collector.records(Lane::urgent);
    const auto* fault = std::get_if<Fault>(&records[2].body);
    CHECK_TRUE(fault && fault->code == 18 && fault->state == FaultState::raised);
    DOUBLES_EQUAL(45.5, fault->snapshot.items[0].value, 0);

    const std::string out =
        run_example({AFTERCARE_WINDOW, (dir / "spool2").string(), "mqtt://127.0.0.1:1", "1"});
    STRCMP_EQUAL("held 2 urgent, 1 bulk\n", out.c_str());
}

// The agent's own thread over ports of the caller, and a driver's faults through a ring of 16.
TEST(Library, runs_its_thread_over_the_callers_storage_and_declares_what_a_ring_lost) {
    auto broker = Broker::start({.dir = dir.path()});
    CHECK_TRUE_TEXT(broker.has_value(), broker ? "" : broker.error().message.c_str());
    FakeCollector collector{broker->url()};
    const std::string out = run_example({AFTERCARE_OWN_STORAGE, broker->url()});
    // Boot, clock, sixteen faults, and one record of the four that found the ring full.
    STRCMP_EQUAL(
        "part of a group: an argument or option is wrong\n"
        "taken: ok, lost in the ring 4, held 19, own storage used\n",
        out.c_str());
    CHECK_TRUE(wait_until([&] { return collector.records(Lane::urgent).size() == 19; }, 30s));
    const auto records = collector.records(Lane::urgent);
    for (std::uint32_t i = 0; i < 16; ++i) {
        const auto* fault = std::get_if<Fault>(&records[2 + i].body);
        CHECK_TRUE(fault && fault->code == 100 + i);
    }
    const auto* lost = std::get_if<Lifecycle>(&records[18].body);
    CHECK_TRUE(lost && lost->kind == LifecycleKind::gap_declared && lost->lost_count == 4);
}

// promise: settings-whole
TEST(Library, has_its_telemetry_kit_before_the_first_settings_can_come) {
    const std::string refused =
        "no place for the handle: an argument or option is wrong\n"
        "heartbeat of a second: an argument or option is wrong\n";
    const std::string spool = (dir / "spool").string();
    STRCMP_EQUAL((refused + "version 0, then 10, window 300 s\n76 degrees: 1 fault\n").c_str(),
                 run_example({AFTERCARE_TELEMETRY_START, spool}).c_str());
    // The next boot has them from its spool.
    STRCMP_EQUAL((refused + "version 10, then 10, window 300 s\n76 degrees: 1 fault\n").c_str(),
                 run_example({AFTERCARE_TELEMETRY_START, spool}).c_str());
}
