// An appliance maker's first hour: install the agent's library, find it in each of the usual ways,
// build the examples against it and run them. Nothing here sees the source tree but the last test.
#include <cstdio>
#include <sstream>

#include "tests/support/process.hpp"
#include "tests/support/scratch_dir.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kPatience = 600s;

std::string sanitizer_flags() {
    return *AFTERCARE_SANITIZE == '\0' ? "" : "-fsanitize=" AFTERCARE_SANITIZE;
}

}  // namespace

TEST_GROUP(Embedding) {
    ScratchDir scratch{"embedding"};
    std::filesystem::path prefix = scratch / "prefix";
    std::filesystem::path libraries = prefix / AFTERCARE_LIBDIR;
    std::filesystem::path examples = std::filesystem::path{AFTERCARE_SOURCE_DIR} / "agent/examples";
    int runs = 0;

    std::string run(std::vector<std::string> command,
                    std::vector<std::pair<std::string, std::string>> environment = {}) {
        const std::string shown = command[0] + (command.size() > 1 ? " " + command[1] : "");
        const auto done = run_program({.command = std::move(command),
                                       .environment = std::move(environment),
                                       .log_dir = scratch.path(),
                                       .name = "run" + std::to_string(runs++)},
                                      kPatience);
        if (!done) FAIL((shown + ": " + done.error().message).c_str());
        if (!done->status.clean()) FAIL((shown + " failed:\n" + done->out + done->err).c_str());
        return done->out;
    }

    void install() {
        run({AFTERCARE_CMAKE, "--install", AFTERCARE_BINARY_DIR, "--component", "library",
             "--prefix", prefix.string()});
    }

    /// Builds both examples as a project of their own; gives where they are.
    std::filesystem::path build_consumer(std::vector<std::string> settings) {
        const auto build = scratch / "build";
        std::vector<std::string> configure{AFTERCARE_CMAKE,
                                           "-S",
                                           AFTERCARE_SOURCE_DIR
                                           "/tests/integration/embedding/consumer",
                                           "-B",
                                           build.string(),
                                           "-GNinja",
                                           "-DEXAMPLES=" + examples.string(),
                                           "-DCMAKE_BUILD_TYPE=MinSizeRel",
                                           "-DCMAKE_EXE_LINKER_FLAGS=" + sanitizer_flags()};
        configure.insert(configure.end(), settings.begin(), settings.end());
        run(std::move(configure));
        run({AFTERCARE_CMAKE, "--build", build.string(), "-j2"});
        return build;
    }

    /// Runs the C example; gives the seq of its fault.
    unsigned long minimal(const std::filesystem::path& program) {
        const std::string told = run({program.string(), (scratch / "c.spool").string()},
                                     {{"LD_LIBRARY_PATH", libraries.string()}});
        unsigned long seq = 0;
        int durable = 0;
        LONGS_EQUAL(2, std::sscanf(told.c_str(), "ok: seq %lu, durable %d", &seq, &durable));
        LONGS_EQUAL(1, durable);
        return seq;
    }

    void check_examples(const std::filesystem::path& where) {
        const unsigned long first = minimal(where / "minimal");
        // The spool is kept: the boot of the second run takes a seq of its own in between.
        CHECK(minimal(where / "minimal") >= first + 2);
        const std::string told =
            run({(where / "window").string(), (scratch / "cpp.spool").string(), "", "1"});
        STRCMP_CONTAINS("1 bulk", told.c_str());
    }
};

TEST(Embedding, find_package_gives_the_shared_library_wherever_the_tree_was_moved) {
    install();
    const auto elsewhere = scratch / "elsewhere";
    std::filesystem::rename(prefix, elsewhere);
    check_examples(
        build_consumer({"-DCMAKE_PREFIX_PATH=" + elsewhere.string(), "-DLIBRARY=aftercare"}));
}

TEST(Embedding, find_package_gives_the_archive_to_who_asks_for_it) {
    install();
    const auto where = build_consumer({"-DCMAKE_PREFIX_PATH=" + prefix.string(),
                                       "-DCOMPONENTS=static", "-DLIBRARY=aftercare_static"});
    check_examples(where);
    CHECK(run({"readelf", "-d", (where / "minimal").string()}).find("libaftercare") ==
          std::string::npos);
}

TEST(Embedding, pkg_config_gives_a_C_compiler_what_it_needs) {
    install();
    const std::pair<std::string, std::string> path{"PKG_CONFIG_PATH",
                                                   (libraries / "pkgconfig").string()};
    STRCMP_EQUAL("0.1.0\n", run({"pkg-config", "--modversion", "aftercare"}, {path}).c_str());
    std::istringstream flags{run({"pkg-config", "--cflags", "--libs", "aftercare"}, {path})};
    std::vector<std::string> command{AFTERCARE_C_COMPILER,
                                     "-std=c99",
                                     "-Wall",
                                     "-Wextra",
                                     "-Werror",
                                     (examples / "minimal.c").string(),
                                     "-o",
                                     (scratch / "minimal").string()};
    for (std::string flag; flags >> flag;) command.push_back(flag);
    if (!sanitizer_flags().empty()) command.push_back(sanitizer_flags());
    run(std::move(command));
    CHECK(minimal(scratch / "minimal") > 0);
}

TEST(Embedding, add_subdirectory_brings_the_agent_and_nothing_else) {
    check_examples(build_consumer(
        {std::string{"-DAFTERCARE_SOURCES="} + AFTERCARE_SOURCE_DIR, "-DLIBRARY=aftercare"}));
}

TEST(Embedding, the_shared_library_shows_the_C_interface_alone) {
    install();
    const auto library = libraries / "libaftercare.so.0";
    CHECK(run({"readelf", "-d", library.string()}).find("[libaftercare.so.0]") !=
          std::string::npos);
    std::istringstream symbols{
        run({"nm", "-D", "--defined-only", "--format=posix", library.string()})};
    int shown = 0;
    for (std::string line; std::getline(symbols, line); ++shown) {
        STRNCMP_EQUAL("aftercare_", line.c_str(), 10);
    }
    CHECK(shown >= 20);
}
