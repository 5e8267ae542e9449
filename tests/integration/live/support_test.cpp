#include <csignal>

#include "tests/support/broker.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/process.hpp"
#include "tests/support/scratch_dir.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare::test;
using std::chrono::seconds;

TEST_GROUP(Process) {
    ScratchDir scratch{"process"};

    Process start(std::vector<std::string> command, bool stdin_pipe = false) {
        auto process = Process::start({.command = std::move(command),
                                       .environment = {{"AFTERCARE_GREETING", "hello"}},
                                       .log_dir = scratch.path(),
                                       .stdin_pipe = stdin_pipe});
        CHECK(process.has_value());
        return std::move(*process);
    }
};

TEST(Process, captures_both_outputs_and_the_exit_code) {
    Process process = start({"sh", "-c", "echo $AFTERCARE_GREETING; echo oops >&2; exit 3"});
    const auto status = process.wait(seconds{5});
    CHECK(status.has_value());
    LONGS_EQUAL(3, status->code);
    STRCMP_EQUAL("hello\n", process.out().c_str());
    STRCMP_EQUAL("oops\n", process.err().c_str());
}

TEST(Process, names_a_program_that_cannot_be_executed) {
    Process process = start({"/nonexistent/program"});
    const auto status = process.wait(seconds{5});
    LONGS_EQUAL(127, status->code);
    STRCMP_CONTAINS("/nonexistent/program", process.err().c_str());
}

TEST(Process, is_fed_by_stdin_and_ends_when_it_closes) {
    Process process = start({"cat"}, true);
    CHECK(process.write("one\ntwo\n"));
    CHECK(process.wait_for("two", seconds{5}));
    process.close_stdin();
    CHECK(process.wait(seconds{5})->clean());
    STRCMP_EQUAL("one\ntwo\n", process.out().c_str());
}

TEST(Process, reports_the_signal_that_ended_it) {
    Process process = start({"sleep", "60"});
    CHECK(process.running());
    CHECK(process.signal(SIGTERM));
    LONGS_EQUAL(SIGTERM, process.wait(seconds{5})->signal);
    CHECK_FALSE(process.running());
}

TEST(Process, leaves_no_child_behind) {
    pid_t pid = 0;
    {
        const Process process = start({"sleep", "60"});
        pid = process.pid();
    }
    LONGS_EQUAL(-1, kill(pid, 0));
}

TEST_GROUP(Broker) {
    ScratchDir scratch{"broker"};
};

TEST(Broker, listens_on_a_port_of_its_own_and_keeps_it_over_a_kill) {
    auto broker = Broker::start({.dir = scratch.path()});
    CHECK_TEXT(broker.has_value(), broker ? "" : broker.error().message.c_str());
    CHECK(broker->port() != 1883);
    CHECK(accepts_connections(broker->port()));
    broker->kill();
    CHECK_FALSE(accepts_connections(broker->port()));
    CHECK(broker->start_again().has_value());
    CHECK(accepts_connections(broker->port()));
}

TEST(Broker, quotes_mosquitto_when_its_configuration_is_wrong) {
    const auto broker =
        Broker::start({.dir = scratch.path(), .extra_configuration = "no_such_option 1\n"});
    CHECK_FALSE(broker.has_value());
    STRCMP_CONTAINS("no_such_option", broker.error().message.c_str());
}

TEST_GROUP(HttpClient){};

TEST(HttpClient, says_when_nobody_listens) {
    const auto port = free_port();
    const auto reply = http({.url = "http://127.0.0.1:" + std::to_string(*port) + "/"});
    CHECK_FALSE(reply.has_value());
    STRCMP_CONTAINS("connect", reply.error().message.c_str());
}
