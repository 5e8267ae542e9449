// The README's snippets are files that the tests compile and run; this holds them equal.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <CppUTest/TestHarness.h>

namespace {

std::string text_of(const char* path) {
    std::ifstream file{std::filesystem::path(AFTERCARE_SOURCE_DIR) / path};
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace

TEST_GROUP(Readme){};

TEST(Readme, shows_the_example_that_is_compiled_and_run) {
    const std::string readme = text_of("README.md"), example = text_of("agent/examples/minimal.c");
    CHECK(example.size() > 200);
    CHECK_TEXT(readme.find("```c\n" + example + "```") != std::string::npos,
               "README.md: the C block differs from agent/examples/minimal.c");
}

TEST(Readme, is_read_by_a_newcomer) {
    const std::string readme = text_of("README.md");
    CHECK(std::count(readme.begin(), readme.end(), '\n') <= 150);
}
