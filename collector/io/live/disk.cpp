#include "collector/io/live/disk.hpp"

#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace aftercare::collector {
namespace {

std::uint64_t size_of(const std::string& file) {
    std::error_code error;
    const std::uintmax_t bytes = std::filesystem::file_size(file, error);
    return error ? 0 : bytes;
}

/// Seconds since 1970 at which this process started: field 22 of /proc/self/stat is in clock ticks
/// since the boot, whose time /proc/stat tells. Source: proc(5).
double start_time_seconds() {
    constexpr int kFieldsBeforeStart = 19;  // after the name, which may hold blanks
    std::ifstream stat("/proc/self/stat");
    std::string line;
    std::getline(stat, line);
    std::istringstream fields(line.substr(line.rfind(')') + 1));
    std::string field;
    for (int i = 0; i < kFieldsBeforeStart; ++i) fields >> field;
    double ticks = 0;
    fields >> ticks;
    std::ifstream system("/proc/stat");
    double boot = 0;
    for (std::string key; system >> key;) {
        if (key == "btime") {
            system >> boot;
            break;
        }
    }
    return boot + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

DiskFigures look_at_disk(const std::string& database_path) {
    DiskFigures disk;
    disk.database_bytes = size_of(database_path);
    disk.log_bytes = size_of(database_path + "-wal");
    struct statvfs space {};
    const std::string folder =
        std::filesystem::absolute(std::filesystem::path(database_path)).parent_path().string();
    if (statvfs(folder.c_str(), &space) == 0) {
        disk.free_bytes = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
    }
    // Also true for root: a read-only file system answers EROFS to everybody.
    if (access(database_path.c_str(), W_OK) != 0) {
        disk.trouble = database_path + " cannot be written: " + std::strerror(errno);
    } else if (disk.free_bytes < kFreeBytesNeeded) {
        disk.trouble = folder + " has less than 16 MiB free: the next commit may fail";
    }
    return disk;
}

ProcessFigures look_at_process() {
    static const double started = start_time_seconds();
    ProcessFigures process;
    process.start_time_seconds = started;
    rusage usage{};
    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        process.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    }
    std::uint64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages >> pages;  // the second field is what is resident
    process.resident_bytes = pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    std::error_code error;
    for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end;
         !error && entry != end; entry.increment(error)) {
        ++process.open_descriptors;
    }
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) process.descriptors_max = limit.rlim_cur;
    return process;
}

}  // namespace aftercare::collector
