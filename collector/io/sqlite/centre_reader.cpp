#include "collector/io/sqlite/centre_reader.hpp"

#include <map>

#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/rows.hpp"

namespace aftercare::collector::sqlite {
namespace {

// Each asks what its partial index holds: the first one that index alone, the others rows too, as
// the filters of the ticket list do. Left to itself SQLite takes the index that groups by itself,
// and fetches every open ticket.
constexpr const char* kOpen =
    "SELECT centre, count(*), 0, 0, 0 FROM ticket WHERE tenant = ? AND state IN "
    "('open', 'contacted', 'scheduled', 'in_progress', 'pending_customer', 'on_hold') "
    "GROUP BY centre";
constexpr const char* kAlarmed =
    "SELECT centre, 0, "
    "sum('at_risk' IN (iif(contacted_at IS NULL, first_response_alarm, ''), resolution_alarm)), "
    "sum('breached' IN (iif(contacted_at IS NULL, first_response_alarm, ''), resolution_alarm)), "
    "0 FROM ticket INDEXED BY ticket_alarm WHERE tenant = ? AND is_open AND "
    "(first_response_alarm <> '' OR resolution_alarm <> '') GROUP BY centre";
constexpr const char* kOverCapacity =
    "SELECT centre, 0, 0, 0, count(*) FROM ticket INDEXED BY ticket_queue WHERE tenant = ? AND "
    "is_open AND "
    "queue <> 'none' AND queue = 'over_capacity' GROUP BY centre";

}  // namespace

Result<std::vector<CentreLoad>> read_centre_loads(SQLite::Database& database,
                                                  const std::string& tenant) {
    const Snapshot snapshot(database);
    std::map<std::string, CentreLoad> loads;
    for (const char* sql : {kOpen, kAlarmed, kOverCapacity}) {
        SQLite::Statement select(database, sql);
        Binder(select).text(tenant);
        while (select.executeStep()) {
            Row row(select);
            CentreLoad part{.centre = row.text()};
            part.open_count = row.bits();
            part.at_risk_count = row.bits();
            part.breached_count = row.bits();
            part.over_capacity_count = row.bits();
            CentreLoad& load = loads[part.centre];
            load.centre = part.centre;
            load.open_count += part.open_count;
            load.at_risk_count += part.at_risk_count;
            load.breached_count += part.breached_count;
            load.over_capacity_count += part.over_capacity_count;
        }
    }
    std::vector<CentreLoad> all;
    for (auto& [centre, load] : loads) all.push_back(std::move(load));
    return all;
}

}  // namespace aftercare::collector::sqlite
