#include "agent/io/file_storage.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

namespace aftercare::agent {
namespace {

tl::unexpected<Error> failed(Errc code, const std::filesystem::path& path, std::string_view what) {
    return fail(code,
                "spool " + path.string() + ": " + std::string(what) + ": " + std::strerror(errno));
}

bool write_all(int file, const std::byte* data, std::size_t size, off_t at) {
    while (size > 0) {
        const ssize_t n = ::pwrite(file, data, size, at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        data += n;
        size -= static_cast<std::size_t>(n);
        at += n;
    }
    return true;
}

// A new name is durable only when its folder is.
bool sync_folder(const std::filesystem::path& path) {
    const auto parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
    const int folder = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return false;
    const bool ok = ::fsync(folder) == 0;
    ::close(folder);
    return ok;
}

Result<void> fill(int file, const FileStorageOptions& o) {
    const std::vector<std::byte> blank(o.sector_bytes, std::byte{0xFF});
    for (std::uint32_t i = 0; i < o.sector_count; ++i) {
        if (!write_all(file, blank.data(), blank.size(), off_t{o.sector_bytes} * i)) {
            return failed(Errc::unavailable, o.path, "cannot reserve its space");
        }
    }
    if (::fsync(file) != 0 || !sync_folder(o.path)) {
        return failed(Errc::unavailable, o.path, "cannot make it durable");
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<FileStorage>> FileStorage::open(const FileStorageOptions& options) {
    const int file = ::open(options.path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return failed(Errc::unavailable, options.path, "cannot open");
    std::unique_ptr<FileStorage> storage{new FileStorage(file, options)};
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        return fail(Errc::conflict, "spool " + options.path.string() +
                                        ": another process uses it; give each agent its own file");
    }
    struct stat info {};
    if (::fstat(file, &info) != 0) return failed(Errc::unavailable, options.path, "cannot stat");
    const off_t expected = off_t{options.sector_bytes} * options.sector_count;
    // A file that is too short was being filled when the power failed: no agent has used it yet.
    if (info.st_size < expected) {
        if (auto filled = fill(file, options); !filled) return fail(filled.error());
    } else if (info.st_size > expected) {
        return fail(Errc::invalid,
                    "spool " + options.path.string() + ": has " + std::to_string(info.st_size) +
                        " bytes, expected " + std::to_string(expected) +
                        ": set the size it was made with, or remove it to begin anew");
    }
    return storage;
}

FileStorage::~FileStorage() {
    ::close(file_);
}

StoragePort FileStorage::port() {
    StoragePort port;
    port.context = this;
    port.sector_bytes = options_.sector_bytes;
    port.sector_count = options_.sector_count;
    port.read = [](void* c, std::uint32_t sector, std::uint32_t offset, std::span<std::byte> into) {
        return static_cast<FileStorage*>(c)->read(sector, offset, into);
    };
    port.program = [](void* c, std::uint32_t sector, std::uint32_t offset,
                      std::span<const std::byte> bytes) {
        return static_cast<FileStorage*>(c)->program(sector, offset, bytes);
    };
    port.erase = [](void* c, std::uint32_t sector) {
        return static_cast<FileStorage*>(c)->erase(sector);
    };
    port.sync = [](void* c) { return static_cast<FileStorage*>(c)->sync(); };
    return port;
}

bool FileStorage::read(std::uint32_t sector, std::uint32_t offset,
                       std::span<std::byte> into) const {
    std::size_t done = 0;
    const off_t base = off_t{options_.sector_bytes} * sector + offset;
    while (done < into.size()) {
        const ssize_t n =
            ::pread(file_, into.data() + done, into.size() - done, base + static_cast<off_t>(done));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        done += static_cast<std::size_t>(n);
    }
    return true;
}

bool FileStorage::program(std::uint32_t sector, std::uint32_t offset,
                          std::span<const std::byte> bytes) {
    if (broken_) return false;
    return write_all(file_, bytes.data(), bytes.size(),
                     off_t{options_.sector_bytes} * sector + offset);
}

bool FileStorage::erase(std::uint32_t sector) {
    if (broken_) return false;
    const std::vector<std::byte> blank(options_.sector_bytes, std::byte{0xFF});
    return write_all(file_, blank.data(), blank.size(), off_t{options_.sector_bytes} * sector);
}

bool FileStorage::sync() {
    if (broken_) return false;
    if (::fdatasync(file_) == 0) return true;
    broken_ = true;
    return false;
}

}  // namespace aftercare::agent
