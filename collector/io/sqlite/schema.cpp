#include "collector/io/sqlite/schema.hpp"

#include "collector/io/sqlite/schema_steps.hpp"

namespace aftercare::collector::sqlite {

namespace {

int version_of(SQLite::Database& database) {
    return database.execAndGet("PRAGMA user_version").getInt();
}

bool blank(SQLite::Database& database) {
    return version_of(database) == 0 &&
           database.execAndGet("SELECT count(*) FROM sqlite_schema").getInt() == 0;
}

/// Readers never wait for the writer. Asked for each time, because a restored backup has lost it.
void keep_log(SQLite::Database& database) {
    database.exec("PRAGMA journal_mode = WAL");
}

void upgrade_from(SQLite::Database& database, int version) {
    Transaction transaction(database);
    // Another process may have been faster between the look and the lock.
    if (version_of(database) != version) return;
    for (const std::string_view step : schema_steps().subspan(static_cast<std::size_t>(version))) {
        database.exec(std::string(step));
    }
    database.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
    database.exec("PRAGMA user_version = " + std::to_string(schema_version_newest()));
    transaction.commit();
}

}  // namespace

std::span<const std::string_view> schema_steps() {
    return kSteps;
}

Status prepare_schema(SQLite::Database& database, const std::string& path, Upgrade upgrade) {
    const bool empty = blank(database);
    if (!empty && database.execAndGet("PRAGMA application_id").getInt() != kApplicationId) {
        return fail(Errc::invalid, "database " + path +
                                       " was made by another program; name a file "
                                       "of the collector or a new one");
    }
    const int version = version_of(database);
    const int newest = schema_version_newest();
    if (version > newest) {
        return fail(Errc::invalid, "database " + path + " has schema version " +
                                       std::to_string(version) + ", this program knows up to " +
                                       std::to_string(newest) + "; use the newer program with it");
    }
    if (version == newest) {
        if (upgrade != Upgrade::never) keep_log(database);
        return {};
    }
    if (upgrade == Upgrade::never || (upgrade == Upgrade::only_when_empty && !empty)) {
        const std::string found =
            empty ? "is empty" : "has schema version " + std::to_string(version);
        return fail(Errc::unavailable,
                    "database " + path + " " + found + ", this program reads version " +
                        std::to_string(newest) + "; start the collector with it once");
    }
    if (empty) {
        // Both live in the file: reports of some 700 bytes fill these pages better (9 % less at
        // rest than 4 KiB ones), and pages of expired telemetry can be given back later.
        database.exec("PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL");
    }
    keep_log(database);
    upgrade_from(database, version);
    return {};
}

}  // namespace aftercare::collector::sqlite
