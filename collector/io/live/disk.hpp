// What the operating system says about the database's disk and about this process. Read at each
// scrape, so that an idle collector notices a disk that went read-only before it loses an hour.
#pragma once

#include <string>

#include "collector/io/http/figures.hpp"

namespace aftercare::collector {

/// Less than this, and a batch with its log may not fit.
inline constexpr std::uint64_t kFreeBytesNeeded = 16ULL * 1024 * 1024;

/// Thread: any.
DiskFigures look_at_disk(const std::string& database_path);
/// What cannot be read stays 0. Thread: any.
ProcessFigures look_at_process();

}  // namespace aftercare::collector
