#include "collector/io/sqlite/outcome_reader.hpp"

#include <limits>

#include "collector/io/sqlite/cursor.hpp"
#include "collector/io/sqlite/rows.hpp"
#include "collector/ports/wrong_parameter.hpp"

namespace aftercare::collector::sqlite {
namespace {

std::string where_of(const OutcomeFilter& filter) {
    std::string where =
        " WHERE (?1 = '' OR tenant = ?1) AND (?2 = '' OR centre = ?2) AND "
        "(?3 = '' OR device_id = ?3)";
    // As text, so that the index of what waits is used.
    if (!filter.review.empty()) where += " AND review = '" + filter.review + "'";
    return where +
           " AND (at, outcome_id || ' ' || tenant) < (?4, ?5) "
           "ORDER BY at DESC, outcome_id || ' ' || tenant DESC LIMIT ?6";
}

void add_parts(SQLite::Database& database, Outcome& outcome) {
    SQLite::Statement parts(database, "SELECT " + std::string(kPartColumns) +
                                          " FROM outcome_part WHERE tenant = ? AND outcome_id = ? "
                                          "ORDER BY no");
    Binder(parts).text(outcome.tenant).text(outcome.id);
    while (parts.executeStep()) {
        Row row(parts);
        row.text();
        row.text();
        outcome.parts.push_back({row.text(), row.text(), row.text()});
    }
}

}  // namespace

Result<Page<Outcome>> read_outcome_page(SQLite::Database& database, const OutcomeFilter& filter) {
    const Result<Cursor> after =
        start_of(filter.cursor, filter.limit, {'o', std::numeric_limits<std::int64_t>::max(), {}});
    if (!after) return fail(after.error());
    if (!filter.review.empty() && !parse_review(filter.review)) {
        return wrong_parameter("review",
                               "\"" + filter.review + "\" is unknown; one of open, decided, none");
    }
    SQLite::Statement select(
        database, "SELECT " + std::string(kOutcomeColumns) + " FROM outcome" + where_of(filter));
    Binder(select)
        .text(filter.tenant)
        .text(filter.centre)
        .text(filter.device_id)
        .integer(after->number)
        .text(after->id)
        .bits(rows_of_page(filter.limit));
    auto page = read_page<Outcome>(select, filter.limit, read_outcome, [](const Outcome& last) {
        return Cursor{'o', unix_ms(last.at), last.id + " " + last.tenant};
    });
    for (Outcome& outcome : page.items) add_parts(database, outcome);
    return page;
}

Result<Outcome> read_one_outcome(SQLite::Database& database, const std::string& tenant,
                                 const std::string& id) {
    SQLite::Statement select(database, "SELECT " + std::string(kOutcomeColumns) +
                                           " FROM outcome WHERE tenant = ? AND outcome_id = ?");
    Binder(select).text(tenant).text(id);
    if (!select.executeStep()) {
        return fail(Errc::not_found, "tenant \"" + tenant + "\" has no outcome \"" + id + "\"");
    }
    Row row(select);
    Outcome outcome = read_outcome(row);
    add_parts(database, outcome);
    return outcome;
}

}  // namespace aftercare::collector::sqlite
