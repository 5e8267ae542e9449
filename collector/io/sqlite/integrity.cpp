#include "collector/io/sqlite/integrity.hpp"

#include <SQLiteCpp/Statement.h>

#include <array>
#include <string_view>

#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/rows.hpp"

namespace aftercare::collector::sqlite {

namespace {

/// What an engine loads and every commit touches.
constexpr std::array<std::string_view, 6> kEngineTables{"totals", "device",  "stream",
                                                        "ticket", "outcome", "contact"};

std::uint64_t size_of(SQLite::Database& database) {
    const auto pages = database.execAndGet("PRAGMA page_count").getInt64();
    return static_cast<std::uint64_t>(pages * database.execAndGet("PRAGMA page_size").getInt64());
}

Status run(SQLite::Database& database, const std::string& path, const std::string& pragma) {
    SQLite::Statement check(database, pragma);
    if (!check.executeStep()) return {};
    const std::string finding = Row(check).text();
    if (finding == "ok") return {};
    return fail(Errc::corrupt, "database " + path + " is damaged: " + finding + ". " +
                                   std::string(kDamagedAdvice));
}

}  // namespace

Status check_integrity(SQLite::Database& database, const std::string& path, Thoroughness how) {
    if (how == Thoroughness::none) return {};
    if (how == Thoroughness::full) return run(database, path, "PRAGMA integrity_check(1)");
    if (size_of(database) <= kStartCheckBytesMax) {
        return run(database, path, "PRAGMA quick_check(1)");
    }
    for (const std::string_view table : kEngineTables) {
        Status whole = run(database, path, "PRAGMA quick_check(" + std::string(table) + ")");
        if (!whole) return whole;
    }
    return {};
}

}  // namespace aftercare::collector::sqlite
