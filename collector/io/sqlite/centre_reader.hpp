// Who has how much of the open tickets. Private to collector/io/sqlite.
#pragma once

#include <SQLiteCpp/Database.h>

#include "collector/ports/queries.hpp"

namespace aftercare::collector::sqlite {

/// Throws SQLite::Exception.
Result<std::vector<CentreLoad>> read_centre_loads(SQLite::Database& database,
                                                  const std::string& tenant);

}  // namespace aftercare::collector::sqlite
