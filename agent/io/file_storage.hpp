// The spool's sectors in one preallocated file: written in place, so that no metadata changes and a
// full disk cannot stop an agent that has started.
#pragma once

#include <filesystem>
#include <memory>

#include "agent/ports/ports.hpp"

namespace aftercare::agent {

struct FileStorageOptions {
    std::filesystem::path path;
    std::uint32_t sector_bytes = 4096;
    std::uint32_t sector_count = 64;
};

class FileStorage {
  public:
    /// Creates and fills the file when it does not exist; takes an exclusive lock on it.
    /// Errors: unavailable (cannot create, disk full), conflict (another process holds it), invalid
    /// (the file has another size: it belongs to other settings).
    static Result<std::unique_ptr<FileStorage>> open(const FileStorageOptions& options);
    ~FileStorage();
    FileStorage(const FileStorage&) = delete;
    FileStorage& operator=(const FileStorage&) = delete;

    /// Lifetime: the storage must outlive the port.
    [[nodiscard]] StoragePort port();

  private:
    FileStorage(int file, const FileStorageOptions& options) : file_(file), options_(options) {}
    bool read(std::uint32_t sector, std::uint32_t offset, std::span<std::byte> into) const;
    bool program(std::uint32_t sector, std::uint32_t offset, std::span<const std::byte> bytes);
    bool erase(std::uint32_t sector);
    bool sync();

    int file_;
    FileStorageOptions options_;
    // After a failed sync the kernel may have dropped the pages: nothing written since the last
    // good one can be trusted, and a second fdatasync would claim success.
    bool broken_ = false;
};

}  // namespace aftercare::agent
