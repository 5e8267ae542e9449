#include "collector/io/sqlite/backup.hpp"

#include <SQLiteCpp/Backup.h>
#include <sqlite3.h>

#include <filesystem>

#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/files.hpp"
#include "collector/io/sqlite/integrity.hpp"
#include "collector/io/sqlite/schema.hpp"
#include "collector/io/sqlite/writer_lock.hpp"
#include "common/time_text.hpp"

namespace aftercare::collector {

using namespace sqlite;

namespace {

/// 8 MB a step: small enough for a steady progress line.
constexpr int kPagesPerStep = 1024;

bool exists(const std::string& path) {
    std::error_code failed;
    return std::filesystem::exists(std::filesystem::symlink_status(path, failed));
}

/// Ours, and of a version that this program can read or upgrade.
Result<int> version_of_ours(SQLite::Database& database, const std::string& path) {
    if (database.execAndGet("PRAGMA application_id").getInt() != kApplicationId) {
        return fail(Errc::invalid, path + " is not a database of the collector");
    }
    const int version = database.execAndGet("PRAGMA user_version").getInt();
    if (version >= 1 && version <= schema_version_newest()) return version;
    return fail(Errc::invalid, path + " has schema version " + std::to_string(version) +
                                   ", this program knows 1 to " +
                                   std::to_string(schema_version_newest()) +
                                   "; use the program that made it");
}

/// Copies one moment of `source` into the existing, empty file `to`.
Status copy_pages(SQLite::Database& source, const std::string& to, const CopyProgress& progress) {
    return guarded(to, [&]() -> Status {
        // Synced once at the end, and worthless until then: a journal would only cost.
        const auto target = connect(to, {.access = Access::read_write, .durable = false});
        target->exec("PRAGMA journal_mode = OFF");
        SQLite::Backup backup(*target, source);
        int code = 0;
        do {
            code = backup.executeStep(kPagesPerStep);
            if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
                throw SQLite::Exception("the copy is locked", code);
            }
            const auto total = static_cast<std::uint64_t>(backup.getTotalPageCount());
            const auto left = static_cast<std::uint64_t>(backup.getRemainingPageCount());
            if (progress) progress(total - left, total);
        } while (code != SQLITE_DONE);
        return {};
    });
}

Status check_copy(const std::string& path, Thoroughness how) {
    return guarded(path, [&]() -> Status {
        const auto copy = connect(path, {.access = Access::read});
        return check_integrity(*copy, path, how);
    });
}

/// A checked copy under the name `to`, which did not exist, on stable storage.
Result<BackupReport> checked_copy(const std::string& from, const std::string& to, Thoroughness how,
                                  const CopyProgress& progress) {
    BackupReport report;
    const auto made = guarded(from, [&]() -> Status {
        const auto source = connect(from, {.access = Access::read});
        // Held while the pages are copied, so that a busy writer cannot make the copy start again.
        const Snapshot moment(*source);
        const auto version = version_of_ours(*source, from);
        if (!version) return fail(version.error());
        report.schema_version = *version;
        if (Status file = make_file(to, from); !file) return file;
        return copy_pages(*source, to, progress);
    });
    if (!made) return fail(made.error());
    if (Status whole = check_copy(to, how); !whole) return fail(whole.error());
    if (Status synced = sync_file(to); !synced) return fail(synced.error());
    std::error_code unknown;
    report.bytes = std::filesystem::file_size(to, unknown);
    return report;
}

/// Takes the log's content into the file, so that the file alone is the database.
Status fold_log(const std::string& path) {
    return guarded(path, [&]() -> Status {
        const auto database = connect(path, {.access = Access::read_write});
        database->exec("PRAGMA journal_mode = DELETE");
        return {};
    });
}

std::string aside_name(const std::string& database, const std::string& why, WallTime now) {
    std::string time = format_rfc3339(now).substr(0, 19);
    std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
    const std::string base = database + "." + why + "-" + time + "Z";
    std::string name = base;
    for (int i = 2; exists(name); ++i) name = base + "-" + std::to_string(i);
    return name;
}

/// Gives the database a second name and takes its log away from the first.
Result<std::string> keep_aside(const std::string& database, const std::string& why, WallTime now) {
    const std::string aside = aside_name(database, why, now);
    if (Status linked = link_file(database, aside); !linked) return fail(linked.error());
    if (exists(database + "-wal")) {
        Status log = rename_to_new(database + "-wal", aside + "-wal");
        if (!log) return fail(log.error());
    }
    if (Status index = remove_file(database + "-shm"); !index) return fail(index.error());
    return aside;
}

}  // namespace

Result<BackupReport> back_up(const std::string& database, const std::string& to,
                             const CopyProgress& progress) {
    const auto refuse = [&] {
        return fail(Errc::conflict,
                    to + " exists; a backup never overwrites: name a new file or remove it");
    };
    if (exists(to)) return refuse();
    const std::string partial = to + ".partial";
    if (Status left = remove_file(partial); !left) return fail(left.error());
    auto copied = checked_copy(database, partial, Thoroughness::start, progress);
    Status named = copied ? rename_to_new(partial, to) : fail(copied.error());
    if (named) named = sync_folder_of(to);
    if (!named) {
        (void)remove_file(partial);  // what failed first is what counts
        if (named.error().code == Errc::conflict) return refuse();
        return fail(named.error());
    }
    return copied;
}

Result<RestoreReport> restore(const std::string& backup, const std::string& database, WallTime now,
                              const CopyProgress& progress) {
    if (!exists(backup)) return fail(Errc::unavailable, backup + ": there is no such file");
    auto lock = WriterLock::take(database);
    if (!lock) return fail(lock.error());
    const std::string fresh = database + ".restoring";
    if (Status left = remove_file(fresh); !left) return fail(left.error());
    RestoreReport report;
    auto copied = checked_copy(backup, fresh, Thoroughness::full, progress);
    if (!copied) {
        (void)remove_file(fresh);  // what failed first is what counts
        return fail(copied.error());
    }
    report.copy = *copied;
    if (exists(database)) {
        // A reader would keep using the log that goes away; damage is what a restore is for.
        Status folded = fold_log(database);
        if (!folded && folded.error().code == Errc::unavailable) {
            (void)remove_file(fresh);
            return fail(folded.error());
        }
        auto aside = keep_aside(database, "before-restore", now);
        if (!aside) return fail(aside.error());
        report.kept_aside = std::move(*aside);
    }
    if (Status renamed = rename_over(fresh, database); !renamed) return fail(renamed.error());
    if (Status synced = sync_folder_of(database); !synced) return fail(synced.error());
    return report;
}

Result<std::string> set_aside(const std::string& database, const std::string& why, WallTime now) {
    auto lock = WriterLock::take(database);
    if (!lock) return fail(lock.error());
    auto aside = keep_aside(database, why, now);
    if (!aside) return aside;
    if (Status removed = remove_file(database); !removed) return fail(removed.error());
    if (Status synced = sync_folder_of(database); !synced) return fail(synced.error());
    return aside;
}

}  // namespace aftercare::collector
