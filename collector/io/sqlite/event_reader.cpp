#include "collector/io/sqlite/event_reader.hpp"

#include <algorithm>

#include "collector/io/sqlite/rows.hpp"
#include "collector/io/sqlite/rule_rows.hpp"

namespace aftercare::collector::sqlite {
namespace {

/// Positions looked at in one go, so that a tenant with little news does not read all of another's.
constexpr std::uint64_t kPositionsMax = 1'000;

void read_rule_changes(SQLite::Database& database, const EventFilter& filter, std::uint64_t through,
                       std::vector<PlacedEvent>& into) {
    SQLite::Statement select(database,
                             "SELECT position, " + std::string(kStandingColumns) +
                                 " FROM event_position JOIN rule_standing USING (rule_id, no) "
                                 "WHERE position > ? AND position <= ? ORDER BY position LIMIT ?");
    Binder(select).bits(filter.after).bits(through).bits(filter.limit);
    while (select.executeStep()) {
        Row row(select);
        const std::uint64_t position = row.bits();
        into.push_back({position, read_standing(row)});
    }
}

}  // namespace

std::uint64_t newest_position(SQLite::Database& database) {
    SQLite::Statement select(database, "SELECT coalesce(max(position), 0) FROM event_position");
    return select.executeStep() ? Row(select).bits() : 0;
}

EventPage read_placed_events(SQLite::Database& database, const EventFilter& filter) {
    const Snapshot snapshot(database);
    EventPage page;
    page.through =
        std::max(filter.after, std::min(filter.after + kPositionsMax, newest_position(database)));
    SQLite::Statement select(
        database,
        "SELECT position, e.ticket_id, e.no, e.at, e.who, e.kind, e.from_state, e.to_state, e.why, "
        "e.value "
        "FROM event_position p JOIN ticket_event e USING (ticket_id, no) "
        "JOIN ticket t USING (ticket_id) WHERE position > ? AND position <= ? AND t.tenant = ? "
        "AND ? IN ('', t.centre) ORDER BY position LIMIT ?");
    Binder(select)
        .bits(filter.after)
        .bits(page.through)
        .text(filter.tenant)
        .text(filter.centre)
        .bits(filter.limit);
    while (select.executeStep()) {
        Row row(select);
        const std::uint64_t position = row.bits();
        page.items.push_back({position, read_event(row)});
    }
    if (filter.rule_changes) {
        read_rule_changes(database, filter, page.through, page.items);
        std::sort(page.items.begin(), page.items.end(),
                  [](const auto& a, const auto& b) { return a.position < b.position; });
        if (page.items.size() > filter.limit) page.items.resize(filter.limit);
    }
    if (page.items.size() == filter.limit) page.through = page.items.back().position;
    return page;
}

Result<AnswerRow> read_answer(SQLite::Database& database, const std::string& tenant,
                              const std::string& token, const std::string& key) {
    SQLite::Statement select(database,
                             "SELECT fingerprint, at, status, body FROM kept_answer "
                             "WHERE tenant = ? AND token = ? AND key = ?");
    Binder(select).text(tenant).text(token).text(key);
    if (!select.executeStep()) return fail(Errc::not_found, "no answer is kept for this key");
    Row row(select);
    AnswerRow answer{.tenant = tenant, .token = token, .key = key};
    answer.fingerprint = row.text();
    answer.at = row.time();
    answer.status = row.count();
    answer.body = row.text();
    return answer;
}

}  // namespace aftercare::collector::sqlite
