// Copies of a database: taken while a collector writes it, and put back in place of one. Every copy
// is checked before it gets its name, so that a file that is there is a whole one.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/result.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

/// Called between pages: how many of how many are copied.
using CopyProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

struct BackupReport {
    std::uint64_t bytes = 0;
    int schema_version = 0;
};

/// Writes one moment of `database` into the new file `to`, on stable storage when it returns.
/// The collector goes on; its log is not cut back meanwhile.
/// Errors: conflict (`to` exists), unavailable (either disk), corrupt, invalid (not ours).
Result<BackupReport> back_up(const std::string& database, const std::string& to,
                             const CopyProgress& progress);

struct RestoreReport {
    BackupReport copy;
    std::string kept_aside;  ///< where the database that was there is now; empty when none was
};

/// Puts a copy of `backup` in place of `database`: checked in full, then renamed in one step, so
/// that `database` is the old or the new one at any moment. The old one stays beside it.
/// Errors: unavailable (a collector or a reader holds `database`, either disk), corrupt, invalid
/// (`backup` is not ours, or of a newer version).
Result<RestoreReport> restore(const std::string& backup, const std::string& database, WallTime now,
                              const CopyProgress& progress);

/// Moves a damaged database with its log out of the way, to "PATH.WHY-TIME", and says where.
/// Errors: unavailable (owned by a collector, not there, disk).
Result<std::string> set_aside(const std::string& database, const std::string& why, WallTime now);

}  // namespace aftercare::collector
