// The terms that tickets were counted by, as rows. Private to collector/io/sqlite.
#pragma once

#include <SQLiteCpp/Database.h>

#include <vector>

#include "collector/core/sla/policy.hpp"
#include "common/result.hpp"

namespace aftercare::collector::sqlite {

/// Never updated: an id names its content.
inline constexpr std::string_view kInsertTerms =
    "INSERT OR IGNORE INTO sla_terms(terms_id, text) VALUES (?, ?)";

/// All of them, by id. Errors: corrupt. Throws SQLite::Exception.
Result<std::vector<SlaTerms>> read_terms(SQLite::Database& database);

}  // namespace aftercare::collector::sqlite
