// Holds docs/promises.md and docs/faults.md against the tests: a test carries a promise by naming
// it in a comment, `promise: keeps-durable`.
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <CppUTest/TestHarness.h>

namespace fs = std::filesystem;

namespace {

std::set<std::string> ids_in(const fs::path& path, const char* pattern) {
    std::ifstream file{path};
    std::stringstream text;
    text << file.rdbuf();
    const std::string whole = text.str();
    const std::regex id{pattern, std::regex::multiline};
    std::set<std::string> ids;
    for (std::sregex_iterator it{whole.begin(), whole.end(), id}, end; it != end; ++it)
        ids.insert((*it)[1]);
    return ids;
}

}  // namespace

TEST_GROUP(Promises){};

TEST(Promises, each_is_carried_by_a_test_and_each_test_names_a_real_one) {
    const fs::path root = AFTERCARE_SOURCE_DIR;
    const auto promised = ids_in(root / "docs/promises.md", R"(^\| `([a-z-]+)` \|)");
    CHECK(promised.size() >= 10);
    std::set<std::string> carried;
    for (const auto& entry : fs::recursive_directory_iterator(root / "tests")) {
        if (!entry.is_regular_file() || entry.path().filename() == "promises_test.cpp") continue;
        carried.merge(ids_in(entry.path(), R"(promise: ([a-z-]+))"));
    }
    for (const auto& id : promised)
        CHECK_TEXT(carried.contains(id), ("no test carries " + id).c_str());
    for (const auto& id : carried)
        CHECK_TEXT(promised.contains(id), ("unknown promise " + id).c_str());
}

TEST_GROUP(Faults){};

TEST(Faults, each_row_names_tests_that_exist) {
    const fs::path root = AFTERCARE_SOURCE_DIR;
    const auto named = ids_in(root / "docs/faults.md", R"(`([A-Z][A-Za-z]+)`)");
    CHECK(named.size() >= 20);
    std::set<std::string> groups;
    for (const auto& entry : fs::recursive_directory_iterator(root / "tests")) {
        if (entry.path().extension() != ".cpp") continue;
        groups.merge(ids_in(entry.path(), R"(^TEST_GROUP(?:_BASE)?\(([A-Za-z]+))"));
    }
    for (const auto& name : named) {
        CHECK_TEXT(groups.contains(name), ("docs/faults.md: no test group " + name).c_str());
    }
}
