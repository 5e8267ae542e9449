#include "collector/io/sqlite/problem_reader.hpp"

#include <limits>

#include "collector/io/sqlite/cursor.hpp"
#include "collector/io/sqlite/problem_rows.hpp"
#include "collector/ports/wrong_parameter.hpp"

namespace aftercare::collector::sqlite {
namespace {

Result<Page<ProblemDevice>> device_page(SQLite::Database& database,
                                        const ProblemDeviceFilter& filter) {
    const Result<Cursor> after = start_of(filter.cursor, filter.limit, {'p', 0, {}});
    if (!after) return fail(after.error());
    SQLite::Statement select(database, "SELECT " + std::string(kProblemDeviceColumns) +
                                           " FROM problem_device WHERE problem_id = ? AND "
                                           "device_no > ? ORDER BY device_no LIMIT ?");
    Binder(select).text(filter.problem_id).integer(after->number).bits(rows_of_page(filter.limit));
    return read_page<ProblemDevice>(select, filter.limit, read_problem_device,
                                    [](const ProblemDevice& last) {
                                        return Cursor{'p', last.device_no, {}};
                                    });
}

}  // namespace

Result<Page<Problem>> read_problem_page(SQLite::Database& database, const ProblemFilter& filter) {
    const Result<Cursor> after =
        start_of(filter.cursor, filter.limit, {'q', std::numeric_limits<std::int64_t>::max(), {}});
    if (!after) return fail(after.error());
    if (!filter.state.empty() && filter.state != "unsettled" &&
        !parse_problem_state(filter.state)) {
        return wrong_parameter("state", "\"" + filter.state +
                                            "\" is unknown; one of unsettled, open, released, "
                                            "rolled_up, resolved");
    }
    SQLite::Statement select(
        database, "SELECT " + std::string(kProblemColumns) +
                      " FROM problem WHERE (?1 = '' OR tenant = ?1) AND (?2 = '' OR state = ?2 OR "
                      "(?2 = 'unsettled' AND state IN ('open', 'rolled_up'))) AND "
                      "(?3 = '' OR rule_id = ?3) AND (?4 = '' OR model = ?4) AND "
                      "(started_at, problem_id) < (?5, ?6) "
                      "ORDER BY started_at DESC, problem_id DESC LIMIT ?7");
    Binder(select)
        .text(filter.tenant)
        .text(filter.state)
        .text(filter.rule_id)
        .text(filter.model)
        .integer(after->number)
        .text(after->id)
        .bits(rows_of_page(filter.limit));
    return read_page<Problem>(select, filter.limit, read_problem, [](const Problem& last) {
        return Cursor{'q', unix_ms(last.started_at), last.id};
    });
}

Result<ProblemDetail> read_problem_detail(SQLite::Database& database,
                                          const ProblemDeviceFilter& filter) {
    SQLite::Statement select(
        database, "SELECT " + std::string(kProblemColumns) + " FROM problem WHERE problem_id = ?");
    Binder(select).text(filter.problem_id);
    if (!select.executeStep()) {
        return fail(Errc::not_found, "there is no problem \"" + filter.problem_id + "\"");
    }
    ProblemDetail detail;
    Row row(select);
    detail.problem = read_problem(row);
    SQLite::Statement events(database, "SELECT " + std::string(kProblemEventColumns) +
                                           " FROM problem_event WHERE problem_id = ? ORDER BY no");
    Binder(events).text(filter.problem_id);
    while (events.executeStep()) {
        Row event(events);
        detail.events.push_back(read_problem_event(event));
    }
    Result<Page<ProblemDevice>> devices = device_page(database, filter);
    if (!devices) return fail(devices.error());
    detail.devices = std::move(*devices);
    return detail;
}

std::string problem_of_ticket(SQLite::Database& database, const std::string& ticket_id) {
    SQLite::Statement select(database,
                             "SELECT problem_id FROM problem_device JOIN problem USING "
                             "(problem_id) WHERE ticket_id = ? "
                             "ORDER BY started_at DESC, problem_id LIMIT 1");
    Binder(select).text(ticket_id);
    return select.executeStep() ? Row(select).text() : std::string{};
}

}  // namespace aftercare::collector::sqlite
