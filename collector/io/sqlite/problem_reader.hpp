// Pages of fleet problems and of their devices. Private to collector/io/sqlite.
#pragma once

#include <SQLiteCpp/Database.h>

#include "collector/ports/queries.hpp"

namespace aftercare::collector::sqlite {

/// Errors: those of Queries. Throws SQLite::Exception.
Result<Page<Problem>> read_problem_page(SQLite::Database& database, const ProblemFilter& filter);
Result<ProblemDetail> read_problem_detail(SQLite::Database& database,
                                          const ProblemDeviceFilter& filter);
/// The problem that a ticket led to or was released from, the newest of several; empty: none.
std::string problem_of_ticket(SQLite::Database& database, const std::string& ticket_id);

}  // namespace aftercare::collector::sqlite
