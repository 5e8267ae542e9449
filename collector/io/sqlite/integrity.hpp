// Is the file whole? Private to collector/io/sqlite.
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <string>

#include "collector/io/sqlite/sqlite_store.hpp"
#include "common/result.hpp"

namespace aftercare::collector::sqlite {

/// A start looks at whole files up to this size (about a second when read from a disk of
/// 250 MB/s), at larger ones only table by table where the engine's own state lives.
inline constexpr std::uint64_t kStartCheckBytesMax = 256ULL * 1024 * 1024;

/// Errors: corrupt, with what SQLite found first and the way out. Throws SQLite::Exception.
Status check_integrity(SQLite::Database& database, const std::string& path, Thoroughness how);

}  // namespace aftercare::collector::sqlite
