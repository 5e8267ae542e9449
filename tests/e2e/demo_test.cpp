// deploy/demo in its small form: what it prints, and that nothing of it is left, whichever way it
// ends.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>

#include "tests/support/process.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/support/wait_until.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare::test;
using std::chrono::seconds;
namespace fs = std::filesystem;

namespace {

std::string command_line_of(const fs::path& process) {
    std::ifstream file(process / "cmdline", std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// Processes whose command line names `path`.
std::string processes_about(const std::string& path) {
    std::string found;
    std::error_code gone;  // Processes come and go while we look.
    for (const auto& entry : fs::directory_iterator("/proc", gone)) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        const std::string line = command_line_of(entry.path());
        if (line.find(path) != std::string::npos) found += name + " " + line + "\n";
    }
    return found;
}

}  // namespace

TEST_GROUP(Demo) {
    ScratchDir scratch{"demo"};

    void setup() override {
        fs::create_directory(scratch / "tmp");
    }

    Process start(std::vector<std::string> options) {
        options.insert(options.begin(), AFTERCARE_SOURCE_DIR "/deploy/demo");
        auto demo = Process::start({.command = std::move(options),
                                    .environment = {{"AFTERCARE_BUILD_DIR", AFTERCARE_BINARY_DIR},
                                                    {"TMPDIR", (scratch / "tmp").string()}},
                                    .log_dir = scratch.path(),
                                    .name = "demo"});
        CHECK(demo.has_value());
        return std::move(*demo);
    }
    /// The data directory's path is in the command line of every process of the demo.
    void check_no_process_is_left() {
        const std::string tmp = scratch / "tmp";
        CHECK_TEXT(wait_until([&] { return processes_about(tmp).empty(); }, seconds{15}),
                   processes_about(tmp).c_str());
    }
    void check_nothing_is_left() {
        check_no_process_is_left();
        CHECK(fs::is_empty(scratch / "tmp"));
    }
};

TEST(Demo, closes_the_loop_prints_the_figures_and_leaves_nothing) {
    Process demo = start({"--once", "--devices", "20", "--days", "10", "--speed", "86400"});
    const auto status = demo.wait(seconds{120});
    CHECK_TEXT(status.has_value(), status ? "" : status.error().message.c_str());
    CHECK_TEXT(status->clean(), demo.err().c_str());
    const std::string out = demo.out();
    std::smatch records;
    CHECK_TEXT(
        std::regex_search(
            out, records,
            std::regex("Records +([0-9,]+) made, ([0-9,]+) acknowledged as stored, 0 evicted")),
        out.c_str());
    STRCMP_EQUAL(records[1].str().c_str(), records[2].str().c_str());
    for (const char* promised :
         {"Precision", "Recall", "one real second of latency costs 24 virtual hours",
          "95 % interval", "Proactive", "recurrence", "resolution time"}) {
        CHECK_TEXT(out.find(promised) != std::string::npos, (promised + ("\n" + out)).c_str());
    }
    STRCMP_CONTAINS("/#token=", demo.err().c_str());
    check_nothing_is_left();
}

TEST(Demo, leaves_nothing_when_it_is_interrupted) {
    Process demo = start({"--once", "--devices", "20", "--days", "30", "--speed", "86400"});
    CHECK_TEXT(demo.wait_for("running", seconds{60}), demo.err().c_str());
    demo.signal(SIGTERM);
    const auto status = demo.wait(seconds{30});
    CHECK_TEXT(status.has_value(), status ? "" : status.error().message.c_str());
    LONGS_EQUAL(143, status->code);
    check_nothing_is_left();
}

TEST(Demo, takes_its_services_with_it_when_it_is_killed) {
    Process demo = start({"--once", "--devices", "20", "--days", "30", "--speed", "86400"});
    CHECK_TEXT(demo.wait_for("running", seconds{60}), demo.err().c_str());
    demo.kill();
    check_no_process_is_left();
}

TEST(Demo, refuses_options_it_does_not_know) {
    Process demo = start({"--devices", "many"});
    LONGS_EQUAL(64, demo.wait(seconds{10})->code);
    STRCMP_CONTAINS("--devices needs a whole number above 0, not 'many'", demo.err().c_str());
}
