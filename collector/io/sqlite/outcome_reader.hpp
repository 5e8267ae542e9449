// Pages of outcomes, and one. Private to collector/io/sqlite.
#pragma once

#include <SQLiteCpp/Database.h>

#include "collector/ports/queries.hpp"

namespace aftercare::collector::sqlite {

/// Errors: those of Queries. Throws SQLite::Exception.
Result<Page<Outcome>> read_outcome_page(SQLite::Database& database, const OutcomeFilter& filter);
Result<Outcome> read_one_outcome(SQLite::Database& database, const std::string& tenant,
                                 const std::string& id);

}  // namespace aftercare::collector::sqlite
