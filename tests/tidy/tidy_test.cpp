#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "tests/tidy/rules.hpp"

#include <CppUTest/TestHarness.h>

using aftercare::tidy::check;
using aftercare::tidy::Finding;
namespace fs = std::filesystem;

namespace {

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// Written by people; data, built bundles and binaries are not.
bool written_by_people(const fs::path& path) {
    static const std::set<std::string> kExtensions{
        ".cpp",  ".hpp", ".h",    ".c",  ".proto", ".cmake", ".txt",  ".service",
        ".toml", ".md",  ".yaml", ".ts", ".tsx",   ".conf",  ".json", ""};
    return kExtensions.contains(path.extension().string());
}

bool skipped(const fs::path& relative) {
    static const std::set<std::string> kFolders{"build",        ".git", ".cache",
                                                "node_modules", "dist", "corpus"};
    for (const fs::path& part : relative) {
        if (kFolders.contains(part.string())) return true;
    }
    return false;
}

std::string first(const std::vector<Finding>& findings) {
    return findings.empty() ? "" : findings.front().what;
}

}  // namespace

TEST_GROUP(Tidy){};

TEST(Tidy, finds_nothing_in_this_tree) {
    const fs::path root = AFTERCARE_SOURCE_DIR;
    std::string report;
    std::size_t file_count = 0;
    for (auto entry = fs::recursive_directory_iterator(root); entry != fs::end(entry); ++entry) {
        const fs::path relative = fs::relative(entry->path(), root);
        if (skipped(relative)) {
            entry.disable_recursion_pending();
            continue;
        }
        if (!entry->is_regular_file() || !written_by_people(relative)) continue;
        ++file_count;
        for (const Finding& finding : check(relative.string(), read(entry->path()))) {
            report +=
                finding.path + ":" + std::to_string(finding.line) + ": " + finding.what + "\n";
        }
    }
    CHECK_TEXT(report.empty(), ("\n" + report).c_str());
    CHECK(file_count > 50);
}

TEST(Tidy, counts_characters_and_not_bytes) {
    std::string line;
    for (int i = 0; i < 100; ++i) line += "é";
    CHECK(check("common/a.cpp", line + "\n").empty());
    STRCMP_CONTAINS("100 columns", first(check("common/a.cpp", line + "é\n")).c_str());
}

TEST(Tidy, leaves_raw_strings_as_long_as_they_are) {
    const std::string raw =
        "auto a = R"
        "\"x(\n" +
        std::string(200, 'a') + "\n)x\";\n";
    CHECK(check("collector/io/a.cpp", raw).empty());
    const std::string after = raw + std::string(101, ';') + "\n";
    LONGS_EQUAL(1, check("collector/io/a.cpp", after).size());
}

TEST(Tidy, finds_long_files_and_loose_ends) {
    std::string lines;
    for (int i = 0; i < 500; ++i) lines += ";\n";
    CHECK(check("collector/io/a.cpp", lines).empty());
    STRCMP_CONTAINS("500 lines", first(check("collector/io/a.cpp", lines + ";\n")).c_str());
    STRCMP_CONTAINS("newline", first(check("docs/a.md", "text")).c_str());
    STRCMP_CONTAINS("trailing", first(check("docs/a.md", "text \n")).c_str());
}

TEST(Tidy, keeps_the_layers_apart) {
    STRCMP_CONTAINS("must not include collector/",
                    first(check("agent/io/a.cpp", "#include \"collector/core/x.hpp\"\n")).c_str());
    STRCMP_CONTAINS("must not include agent/",
                    first(check("collector/io/a.cpp", "#include \"agent/core/x.hpp\"\n")).c_str());
    STRCMP_CONTAINS(
        "must not include collector/io/",
        first(check("collector/core/a.hpp", "#include \"collector/io/x.hpp\"\n")).c_str());
    CHECK(check("firmware_sim/io/a.cpp", "#include \"agent/core/x.hpp\"\n").empty());
}

TEST(Tidy, keeps_the_outside_world_out_of_cores) {
    STRCMP_CONTAINS("<thread>", first(check("agent/core/a.cpp", "#include <thread>\n")).c_str());
    STRCMP_CONTAINS("sys/stat.h", first(check("common/a.cpp", "#include <sys/stat.h>\n")).c_str());
    CHECK(check("agent/io/a.cpp", "#include <thread>\n").empty());
    const std::string reading =
        "auto t = std::chrono::steady_clock::"
        "now();\n";
    STRCMP_CONTAINS("in a core", first(check("collector/core/a.cpp", reading)).c_str());
    CHECK(check("collector/io/a.cpp", reading).empty());
    CHECK(check("collector/core/a.cpp",
                "// never calls steady_clock::"
                "now()\n")
              .empty());
}

TEST(Tidy, refuses_using_namespace_in_headers_only) {
    STRCMP_CONTAINS("using namespace",
                    first(check("common/a.hpp", "using namespace std;\n")).c_str());
    CHECK(check("tests/unit/a_test.cpp", "using namespace std;\n").empty());
}
