// The time line of one metric of one device, from chunks and young reports. Private to
// collector/io/sqlite. Throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>

#include "collector/ports/queries.hpp"

namespace aftercare::collector::sqlite {

/// Errors: invalid (a limit of 0), corrupt (a chunk or report that cannot be read).
Result<Series> read_series(SQLite::Database& database, const SeriesFilter& filter);

}  // namespace aftercare::collector::sqlite
