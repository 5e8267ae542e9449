// Ticket events and changes of rules in the order in which they were stored. Private to
// collector/io/sqlite.
#pragma once

#include "collector/io/sqlite/connection.hpp"
#include "collector/ports/queries.hpp"

namespace aftercare::collector::sqlite {

/// Of the listener's tickets, and of rules where it asks for them, after a position. Throws
/// SQLite::Exception.
EventPage read_placed_events(SQLite::Database& database, const EventFilter& filter);
std::uint64_t newest_position(SQLite::Database& database);
/// What was answered to this key of a token. Errors: not_found.
Result<AnswerRow> read_answer(SQLite::Database& database, const std::string& tenant,
                              const std::string& token, const std::string& key);

}  // namespace aftercare::collector::sqlite
