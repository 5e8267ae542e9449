#include "collector/io/sqlite/connection.hpp"

#include <sqlite3.h>

#include <filesystem>

namespace aftercare::collector::sqlite {

namespace {

int open_flags(Access access) {
    // A connection never leaves its thread, so the library's own mutexes would only cost.
    constexpr int kCommon = SQLITE_OPEN_NOMUTEX;
    switch (access) {
        case Access::read:
            return kCommon | SQLITE_OPEN_READONLY;
        case Access::read_write:
            return kCommon | SQLITE_OPEN_READWRITE;
        case Access::create:
            return kCommon | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    }
    return kCommon | SQLITE_OPEN_READONLY;
}

void roll_back(SQLite::Database& database) {
    // After a full disk or an I/O error SQLite may have rolled back by itself; a second one would
    // fail.
    if (sqlite3_get_autocommit(database.getHandle()) == 0) database.tryExec("ROLLBACK");
}

std::string cannot_open_advice(const std::string& path) {
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    std::error_code ignored;
    if (!folder.empty() && !std::filesystem::is_directory(folder, ignored)) {
        return "the folder " + folder.string() + " does not exist; create it or correct the path";
    }
    if (!std::filesystem::exists(path, ignored)) {
        return "there is no such file, or its folder may not be written; check the path and the "
               "permissions";
    }
    return "it cannot be opened; check that this user may read and write the file and its folder";
}

}  // namespace

std::unique_ptr<SQLite::Database> connect(const std::string& path,
                                          const ConnectionOptions& options) {
    // Counting its memory costs SQLite a lock at every allocation. Refused once it is in use, which
    // changes nothing but speed.
    static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    static_cast<void>(uncounted);
    auto database = std::make_unique<SQLite::Database>(
        path, open_flags(options.access), static_cast<int>(options.busy_timeout.count()));
    sqlite3_extended_result_codes(database->getHandle(), 1);
    database->exec("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF");
    // The kernel caches the file too. Less than SQLite's 2,000 costs no commit time, at 10,000
    // devices as at 100,000, and three MiB less of memory (engine_bench commit, ingest_bench).
    constexpr int kCacheKib = 800;
    database->exec("PRAGMA cache_size = -" + std::to_string(kCacheKib));
    if (options.access == Access::read) return database;
    // SQLite opens a file it may not write read-only without a word, and would fail at the first
    // commit.
    if (sqlite3_db_readonly(database->getHandle(), "main") == 1) {
        throw SQLite::Exception("attempt to write a readonly database", SQLITE_READONLY);
    }
    database->exec(options.durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = OFF");
    // Checkpoints copy each changed page once, so larger and rarer is cheaper; the limit gives the
    // space of an unusually long log back.
    database->exec("PRAGMA wal_autocheckpoint = 2000; PRAGMA journal_size_limit = 67108864");
    if (options.bytes_max > 0) {
        const int page_bytes = database->execAndGet("PRAGMA page_size").getInt();
        const auto pages = options.bytes_max / static_cast<std::uint64_t>(page_bytes);
        database->exec("PRAGMA max_page_count = " + std::to_string(pages));
    }
    return database;
}

Error explain(const SQLite::Exception& exception, const std::string& path) {
    const std::string where = "database " + path + ": ";
    const std::string what = std::string(" (") + exception.what() + ")";
    switch (exception.getErrorCode() & 0xFF) {
        case SQLITE_FULL:
            return {Errc::unavailable, where +
                                           "the disk or the size limit is full; nothing of this "
                                           "was stored. Free space there and try again" +
                                           what};
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {Errc::unavailable, where +
                                           "locked by another process for too long; nothing was "
                                           "stored. Try again, or end the other writer" +
                                           what};
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return {Errc::unavailable, where +
                                           "read-only; nothing was stored. Check the mount and "
                                           "the owner of the file and its folder" +
                                           what};
        case SQLITE_CANTOPEN:
            return {Errc::unavailable, where + cannot_open_advice(path) + what};
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return {Errc::corrupt, where + "damaged or not an SQLite database. " +
                                       std::string(kDamagedAdvice) + what};
        case SQLITE_CONSTRAINT:
            return {Errc::conflict, where +
                                        "the change contradicts what is stored; nothing of it was "
                                        "kept" +
                                        what};
        case SQLITE_IOERR:
            return {Errc::unavailable, where +
                                           "the disk reports an error; nothing was stored. Check "
                                           "the disk and try again" +
                                           what};
        case SQLITE_ERROR:
            return {Errc::corrupt,
                    where + "its tables are not the ones of its schema version" + what};
        default:
            return {Errc::unavailable, where + "not usable now" + what};
    }
}

Transaction::Transaction(SQLite::Database& database) : database_(database) {
    database_.exec("BEGIN IMMEDIATE");
}
Transaction::~Transaction() {
    roll_back(database_);
}
void Transaction::commit() {
    database_.exec("COMMIT");
}

Snapshot::Snapshot(SQLite::Database& database) : database_(database) {
    database_.exec("BEGIN");
}
Snapshot::~Snapshot() {
    roll_back(database_);
}

}  // namespace aftercare::collector::sqlite
