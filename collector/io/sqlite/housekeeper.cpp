#include "collector/io/sqlite/housekeeper.hpp"

namespace aftercare::collector::sqlite {

namespace {

/// Free pages up to this part of the file stay for the raw reports to come.
constexpr std::int64_t kFreePart = 32;
constexpr std::int64_t kPagesPerStep = 128;

constexpr int kSynchronousFull = 2;

std::int64_t pragma(SQLite::Database& database, const char* name) {
    return database.execAndGet(std::string("PRAGMA ") + name).getInt64();
}

}  // namespace

Result<bool> Housekeeper::step(WallTime now) {
    if (pragma(database_, "synchronous") != kSynchronousFull) return next(now);
    // The log keeps transactions in order, so what a power cut may take back is the newest
    // housekeeping, and with the next commit's sync that is safe too.
    database_.exec("PRAGMA synchronous = NORMAL");
    Result<bool> more = next(now);
    database_.exec("PRAGMA synchronous = FULL");
    return more;
}

Result<bool> Housekeeper::next(WallTime now) {
    if (auto merged = merger_.step(now); !merged || *merged) return merged;
    if (auto thinned = retention_.step(now); !thinned || *thinned) return thinned;
    return give_back_pages();
}

bool Housekeeper::give_back_pages() {
    const std::int64_t free = pragma(database_, "freelist_count");
    const std::int64_t kept = pragma(database_, "page_count") / kFreePart;
    if (free <= kept + kPagesPerStep) return false;
    database_.exec("PRAGMA incremental_vacuum(" + std::to_string(kPagesPerStep) + ")");
    return true;
}

}  // namespace aftercare::collector::sqlite
