#include "collector/io/sqlite/files.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace aftercare::collector::sqlite {

namespace {

constexpr mode_t kPrivateMode = 0640;

Status outcome(int result, const std::string& what) {
    if (result == 0) return {};
    const int reason = errno;
    return fail(reason == EEXIST ? Errc::conflict : Errc::unavailable,
                what + ": " + std::strerror(reason));
}

Status sync_path(const std::string& path, int flags) {
    const int descriptor = ::open(path.c_str(), flags | O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return outcome(-1, "cannot open " + path);
    const Status synced = outcome(::fsync(descriptor), "cannot bring " + path + " to the disk");
    ::close(descriptor);
    return synced;
}

}  // namespace

Status sync_file(const std::string& path) {
    return sync_path(path, 0);
}

Status sync_folder_of(const std::string& path) {
    const auto folder = std::filesystem::path(path).parent_path();
    return sync_path(folder.empty() ? "." : folder.string(), O_DIRECTORY);
}

Status make_file(const std::string& path, const std::string& like) {
    struct stat model {};
    const mode_t mode = ::stat(like.c_str(), &model) == 0 ? model.st_mode & 0777 : kPrivateMode;
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (descriptor < 0) return outcome(-1, "cannot make " + path);
    ::close(descriptor);
    return {};
}

Status rename_to_new(const std::string& from, const std::string& to) {
    int renamed = ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
    // Some network file systems cannot promise it: then the name is taken by a second link.
    if (renamed != 0 && errno == EINVAL) {
        renamed = ::link(from.c_str(), to.c_str());
        if (renamed == 0) renamed = ::unlink(from.c_str());
    }
    return outcome(renamed, "cannot name the copy " + to);
}

Status rename_over(const std::string& from, const std::string& to) {
    return outcome(::rename(from.c_str(), to.c_str()), "cannot rename " + from + " to " + to);
}

Status link_file(const std::string& from, const std::string& to) {
    return outcome(::link(from.c_str(), to.c_str()), "cannot keep " + from + " as " + to);
}

Status remove_file(const std::string& path) {
    if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
    return outcome(-1, "cannot remove " + path);
}

}  // namespace aftercare::collector::sqlite
