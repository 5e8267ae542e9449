// A private directory that goes away with its owner.
#pragma once

#include <filesystem>
#include <string_view>

namespace aftercare::test {

/// Lives under $TMPDIR or /tmp. Set AFTERCARE_KEEP=1 in the environment to look at it afterwards.
class ScratchDir {
  public:
    /// Aborts when the directory cannot be made: no test can run without it.
    explicit ScratchDir(std::string_view name);
    ~ScratchDir();
    ScratchDir(const ScratchDir&) = delete;
    ScratchDir& operator=(const ScratchDir&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
        return path_ / name;
    }

  private:
    std::filesystem::path path_;
};

}  // namespace aftercare::test
