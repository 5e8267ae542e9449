#include "collector/io/sqlite/content_hash.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <string_view>
#include <vector>

#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/report_walk.hpp"
#include "collector/io/sqlite/rows.hpp"
#include "collector/io/sqlite/schema.hpp"
#include "common/hash.hpp"

namespace aftercare::collector {

using namespace sqlite;

namespace {

// Stream numbers follow arrival; the stream's own id does not.
const std::map<std::string_view, std::string_view> kByStreamId{
    {"stream",
     "SELECT device_no, stream_id, high_water_urgent, high_water_bulk, last_at FROM stream "
     "ORDER BY device_no, stream_id"},
    {"fault",
     "SELECT f.device_no, s.stream_id, seq, code, state, occurrences, occurred_at, error_ms, "
     "received_at FROM fault f LEFT JOIN stream s USING (stream_no) "
     "ORDER BY f.device_no, s.stream_id, seq"},
    {"gap",
     "SELECT g.device_no, s.stream_id, lane, first_seq, last_seq, received_at FROM gap g "
     "LEFT JOIN stream s USING (stream_no) ORDER BY g.device_no, s.stream_id, lane, first_seq"},
    {"expired",
     "SELECT e.device_no, s.stream_id, class, through_seq, record_count FROM expired e "
     "LEFT JOIN stream s USING (stream_no) ORDER BY e.device_no, s.stream_id, class"},
};

/// Where a report lies, raw or in a chunk, is no content, nor is the order of events in one commit.
constexpr std::array<std::string_view, 4> kPlaceTables{"chunk", "event_position", "merge_pass",
                                                       "raw_report"};

std::vector<std::string> column(SQLite::Database& database, const std::string& query,
                                const std::string& argument = {}) {
    SQLite::Statement select(database, query);
    if (!argument.empty()) Binder(select).text(argument);
    std::vector<std::string> values;
    while (select.executeStep()) values.push_back(Row(select).text());
    return values;
}

std::string query_of(SQLite::Database& database, const std::string& table) {
    const auto special = kByStreamId.find(table);
    if (special != kByStreamId.end()) return std::string(special->second);
    std::string order;
    for (const std::string& key : column(
             database, "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", table)) {
        order += (order.empty() ? " ORDER BY " : ", ") + key;
    }
    return "SELECT * FROM " + table + order;
}

void add_row(SQLite::Statement& row, Hash64& hash) {
    for (int i = 0; i < row.getColumnCount(); ++i) {
        const SQLite::Column value = row.getColumn(i);
        hash.add(static_cast<std::uint64_t>(value.getType()));
        if (value.isFloat()) {
            hash.add(std::bit_cast<std::uint64_t>(value.getDouble()));
            continue;
        }
        const std::string bytes = value.isNull() ? std::string() : value.getString();
        hash.add(static_cast<std::uint64_t>(bytes.size()));
        hash.add(bytes);
    }
}

Status add_reports(SQLite::Database& database, Hash64& hash) {
    ReportWalk walk(database);
    while (true) {
        const Result<bool> more = walk.next();
        if (!more) return fail(more.error());
        if (!*more) return {};
        const RawReport& raw = walk.raw();
        for (const std::uint64_t value :
             {std::uint64_t{raw.device_no}, raw.stream_id, std::uint64_t{index(raw.lane)},
              raw.first_seq, raw.last_seq, std::uint64_t{raw.record_count},
              static_cast<std::uint64_t>(unix_ms(raw.t0)),
              static_cast<std::uint64_t>(unix_ms(raw.received_at)),
              std::uint64_t{raw.bytes.size()}}) {
            hash.add(value);
        }
        hash.add(raw.bytes);
    }
}

}  // namespace

Result<std::uint64_t> database_content_hash(const std::string& path) {
    return guarded(path, [&]() -> Result<std::uint64_t> {
        const auto database = connect(path, {.access = Access::read});
        Status ready = prepare_schema(*database, path, Upgrade::never);
        if (!ready) return fail(ready.error());
        const Snapshot snapshot(*database);
        Hash64 hash;
        for (const std::string& table :
             column(*database,
                    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE "
                    "'sqlite%' ORDER BY name")) {
            if (std::find(kPlaceTables.begin(), kPlaceTables.end(), table) != kPlaceTables.end()) {
                continue;
            }
            hash.add(table);
            SQLite::Statement rows(*database, query_of(*database, table));
            while (rows.executeStep()) add_row(rows, hash);
        }
        if (Status added = add_reports(*database, hash); !added) return fail(added.error());
        return hash.value();
    });
}

}  // namespace aftercare::collector
