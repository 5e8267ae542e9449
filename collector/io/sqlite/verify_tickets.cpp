// One walk over all tickets with their events, for every check that works a ticket out again.
#include <array>

#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/rows.hpp"
#include "collector/io/sqlite/verify_checks.hpp"

namespace aftercare::collector::sqlite {

void verify_tickets(SQLite::Database& database, std::vector<VerifyCheck>& checks) {
    std::array looks{sla_clocks(database), desk_work()};
    SQLite::Statement tickets(database, "SELECT " + std::string(kTicketColumns) + " FROM ticket");
    SQLite::Statement events(database, "SELECT " + std::string(kEventColumns) +
                                           " FROM ticket_event WHERE ticket_id = ? ORDER BY no");
    while (tickets.executeStep()) {
        Row row(tickets);
        const Ticket ticket = read_ticket(row);
        const Use use(events);
        Binder(events).text(ticket.id);
        const std::vector<TicketEvent> its_events = read_events(events);
        for (TicketCheck& one : looks) one.look(ticket, its_events, one.found);
    }
    for (TicketCheck& one : looks) checks.push_back(std::move(one.found));
}

}  // namespace aftercare::collector::sqlite
