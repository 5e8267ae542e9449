#include "collector/io/sqlite/content_hash.hpp"

#include <bit>
#include <map>
#include <string_view>
#include <vector>

#include "collector/io/sqlite/connection.hpp"
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
    {"raw_report",
     "SELECT r.device_no, s.stream_id, lane, first_seq, last_seq, record_count, t0, received_at, "
     "bytes FROM raw_report r LEFT JOIN stream s USING (stream_no) "
     "ORDER BY r.device_no, s.stream_id, lane, first_seq"},
    {"fault",
     "SELECT f.device_no, s.stream_id, seq, code, state, occurrences, occurred_at, error_ms, "
     "received_at FROM fault f LEFT JOIN stream s USING (stream_no) "
     "ORDER BY f.device_no, s.stream_id, seq"},
    {"gap",
     "SELECT g.device_no, s.stream_id, lane, first_seq, last_seq, received_at FROM gap g "
     "LEFT JOIN stream s USING (stream_no) ORDER BY g.device_no, s.stream_id, lane, first_seq"},
};

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
            hash.add(table);
            SQLite::Statement rows(*database, query_of(*database, table));
            while (rows.executeStep()) add_row(rows, hash);
        }
        return hash.value();
    });
}

}  // namespace aftercare::collector
