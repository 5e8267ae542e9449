#include "tests/unit/collector_sqlite/failing_vfs.hpp"

#include <unistd.h>

#include <cstring>
#include <new>

namespace aftercare::collector::testing {

namespace {

/// One at a time: SQLite's default VFS is a global as well.
struct Disk {
    sqlite3_vfs vfs{};
    sqlite3_vfs* real = nullptr;
    DiskFault fault;
    std::uint64_t nth = 0;  ///< 0 = healthy
    std::uint64_t count = 0;
    std::uint64_t calls = 0;
    std::uint64_t failures = 0;
    int distrusted = 0;

    bool fails(DiskCall call) {
        if (nth == 0 || call != fault.call) return false;
        ++calls;
        if (calls < nth || calls - nth >= count) return false;
        ++failures;
        if (fault.deadly && !fault.half_written) ::_exit(kDeathExitCode);
        return true;
    }
};
Disk disk;

struct File {
    sqlite3_file base;
    bool sync_failed;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
File* file_of(sqlite3_file* file) {
    return reinterpret_cast<File*>(file);
}
sqlite3_file* real_of(sqlite3_file* file) {
    return file_of(file)->real();
}

int close_file(sqlite3_file* file) {
    if (file_of(file)->sync_failed) --disk.distrusted;
    return real_of(file)->pMethods->xClose(real_of(file));
}
int read_file(sqlite3_file* file, void* into, int size, sqlite3_int64 at) {
    if (disk.fails(DiskCall::read)) return disk.fault.code;
    return real_of(file)->pMethods->xRead(real_of(file), into, size, at);
}
int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
    if (disk.fails(DiskCall::write)) {
        if (disk.fault.half_written) {
            real_of(file)->pMethods->xWrite(real_of(file), from, size / 2, at);
            if (disk.fault.deadly) ::_exit(kDeathExitCode);
        }
        return disk.fault.code;
    }
    return real_of(file)->pMethods->xWrite(real_of(file), from, size, at);
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
    if (disk.fails(DiskCall::truncate)) return disk.fault.code;
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}
// Without a power cut nobody can tell whether the disk was really reached, and it costs
// milliseconds.
int sync_file(sqlite3_file* file, int) {
    if (disk.fails(DiskCall::sync)) {
        if (!file_of(file)->sync_failed) ++disk.distrusted;
        file_of(file)->sync_failed = true;
        return disk.fault.code;
    }
    return SQLITE_OK;
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}
int lock_file(sqlite3_file* file, int level) {
    return real_of(file)->pMethods->xLock(real_of(file), level);
}
int unlock_file(sqlite3_file* file, int level) {
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}
int check_reserved(sqlite3_file* file, int* reserved) {
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), reserved);
}
int control(sqlite3_file* file, int what, void* argument) {
    return real_of(file)->pMethods->xFileControl(real_of(file), what, argument);
}
int sector_size(sqlite3_file* file) {
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}
int characteristics(sqlite3_file* file) {
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** at) {
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, at);
}
int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}
void shm_barrier(sqlite3_file* file) {
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}
int shm_unmap(sqlite3_file* file, int drop) {
    return real_of(file)->pMethods->xShmUnmap(real_of(file), drop);
}

const sqlite3_io_methods kMethods{.iVersion = 2,
                                  .xClose = close_file,
                                  .xRead = read_file,
                                  .xWrite = write_file,
                                  .xTruncate = truncate_file,
                                  .xSync = sync_file,
                                  .xFileSize = file_size,
                                  .xLock = lock_file,
                                  .xUnlock = unlock_file,
                                  .xCheckReservedLock = check_reserved,
                                  .xFileControl = control,
                                  .xSectorSize = sector_size,
                                  .xDeviceCharacteristics = characteristics,
                                  .xShmMap = shm_map,
                                  .xShmLock = shm_lock,
                                  .xShmBarrier = shm_barrier,
                                  .xShmUnmap = shm_unmap,
                                  .xFetch = nullptr,
                                  .xUnfetch = nullptr};

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* opened) {
    file->pMethods = nullptr;
    if (disk.fails(DiskCall::open)) return disk.fault.code;
    file_of(file)->sync_failed = false;
    const int code = disk.real->xOpen(disk.real, name, real_of(file), flags, opened);
    if (code == SQLITE_OK) file->pMethods = &kMethods;
    return code;
}

}  // namespace

FailingVfs::FailingVfs() {
    disk = {};
    disk.real = sqlite3_vfs_find(nullptr);
    disk.vfs = *disk.real;
    disk.vfs.pNext = nullptr;
    disk.vfs.zName = "failing";
    disk.vfs.szOsFile = static_cast<int>(sizeof(File)) + disk.real->szOsFile;
    disk.vfs.xOpen = open_file;
    sqlite3_vfs_register(&disk.vfs, 1);
}

FailingVfs::~FailingVfs() {
    sqlite3_vfs_unregister(&disk.vfs);
    sqlite3_vfs_register(disk.real, 1);
}

void FailingVfs::fail(const DiskFault& fault, std::uint64_t nth, std::uint64_t count) {
    disk.fault = fault;
    disk.nth = nth;
    disk.count = count;
    disk.calls = 0;
    disk.failures = 0;
}

void FailingVfs::heal() {
    disk.nth = 0;
}

std::uint64_t FailingVfs::failures() const {
    return disk.failures;
}

int FailingVfs::distrusted_files() const {
    return disk.distrusted;
}

}  // namespace aftercare::collector::testing
