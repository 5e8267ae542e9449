#include "collector/io/sqlite/writer_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace aftercare::collector::sqlite {

namespace {

std::string lock_path(const std::string& path) {
    // Links to one database must meet at one lock.
    std::error_code failed;
    const auto real = std::filesystem::weakly_canonical(path, failed);
    return (failed ? path : real.string()) + ".lock";
}

std::string holder(int descriptor) {
    char text[32] = {};
    const ssize_t size = ::pread(descriptor, text, sizeof text - 1, 0);
    if (size <= 0) return "another process";
    return "process " + std::string(text, std::strcspn(text, "\n"));
}

}  // namespace

Result<WriterLock> WriterLock::take(const std::string& path) {
    const std::string name = lock_path(path);
    const int descriptor = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (descriptor < 0) {
        return fail(Errc::unavailable, "cannot make the lock file " + name + ": " +
                                           std::strerror(errno) +
                                           "; the folder must exist and be writable");
    }
    WriterLock lock(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        return fail(Errc::unavailable,
                    "database " + path + " belongs to a running collector (" + holder(descriptor) +
                        "): stop it, or send the change to its HTTP API instead");
    }
    const std::string text = std::to_string(::getpid()) + "\n";
    if (::ftruncate(descriptor, 0) != 0 ||
        ::pwrite(descriptor, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
        return fail(Errc::unavailable,
                    "cannot write the lock file " + name + ": " + std::strerror(errno));
    }
    return lock;
}

WriterLock::WriterLock(WriterLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

WriterLock& WriterLock::operator=(WriterLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

WriterLock::~WriterLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace aftercare::collector::sqlite
