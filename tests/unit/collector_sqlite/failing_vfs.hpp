// The disk of SQLite with faults, deadly ones too: wraps the system's VFS, becomes the default one
// while it lives, and lets the nth call of a kind fail. Remembers which open files had a failed
// sync, because the kernel tells about lost data only once per open file.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string_view>

namespace aftercare::collector::testing {

enum class DiskCall : std::uint8_t { open, write, sync, truncate, read };

struct DiskFault {
    DiskCall call = DiskCall::write;
    int code = SQLITE_IOERR_WRITE;
    bool half_written = false;  ///< half of the bytes arrive before the write fails
    bool deadly = false;        ///< the process ends there, with kDeathExitCode
};
inline constexpr int kDeathExitCode = 99;

class FailingVfs {
  public:
    FailingVfs();
    ~FailingVfs();
    FailingVfs(const FailingVfs&) = delete;
    FailingVfs& operator=(const FailingVfs&) = delete;

    /// From the `nth` call of that kind on (1 is the next), `count` of them fail.
    void fail(const DiskFault& fault, std::uint64_t nth, std::uint64_t count);
    void heal();
    /// Calls that failed since `fail`.
    [[nodiscard]] std::uint64_t failures() const;
    /// Open files of which a sync failed and that were not closed since.
    [[nodiscard]] int distrusted_files() const;
};

}  // namespace aftercare::collector::testing
