// The tables, as a list of steps from one schema version to the next. docs/database.md says what
// each column means. A step that has shipped never changes; a new version is a new step at the end.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "collector/io/sqlite/connection.hpp"
#include "common/result.hpp"

namespace aftercare::collector::sqlite {

/// "AFTC": tells `file` and us whose database this is.
inline constexpr std::int32_t kApplicationId = 0x41465443;

/// steps[i] leads from version i to version i + 1.
std::span<const std::string_view> schema_steps();
inline int schema_version_newest() {
    return static_cast<int>(schema_steps().size());
}

enum class Upgrade : std::uint8_t {
    when_older,       ///< brings an older database to the newest version
    only_when_empty,  ///< makes a new one, refuses an older one: its owner must upgrade it
    never,
};

/// Makes sure that the database is ours and of the newest version. Throws SQLite::Exception.
/// Errors: invalid (somebody else's database, a newer version), unavailable (older, not to be
/// upgraded).
Status prepare_schema(SQLite::Database& database, const std::string& path, Upgrade upgrade);

}  // namespace aftercare::collector::sqlite
