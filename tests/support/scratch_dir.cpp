#include "tests/support/scratch_dir.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "common/result.hpp"

namespace aftercare::test {

ScratchDir::ScratchDir(std::string_view name) {
    std::string pattern = std::filesystem::temp_directory_path() / "aftercare-";
    pattern += name;
    pattern += ".XXXXXX";
    AFTERCARE_ASSERT(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
}

ScratchDir::~ScratchDir() {
    if (std::getenv("AFTERCARE_KEEP") != nullptr) {
        std::fprintf(stderr, "kept: %s\n", path_.c_str());
        return;
    }
    std::error_code ignored;  // What is left of a temporary directory does not fail a test.
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace aftercare::test
