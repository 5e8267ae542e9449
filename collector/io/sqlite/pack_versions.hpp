// Which rule packs are in force, and which were when. Private to collector/io/sqlite. Throws
// SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>

#include <vector>

#include "collector/io/sqlite/pack_text.hpp"
#include "common/time.hpp"

namespace aftercare::collector::sqlite {

/// These and no others from `now` on, in one transaction. A text that is in force goes on.
void put_in_force(SQLite::Database& database, const std::vector<PackText>& packs, WallTime now);

}  // namespace aftercare::collector::sqlite
