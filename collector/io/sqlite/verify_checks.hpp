// The checks behind verify_database. Private to collector/io/sqlite.
#pragma once

#include <SQLiteCpp/Database.h>

#include <functional>
#include <string>
#include <vector>

#include "collector/core/commit.hpp"
#include "collector/io/sqlite/verify.hpp"

namespace aftercare::collector::sqlite {

/// Seqs first..last.
struct SeqRange {
    Seq first = 0;
    Seq last = 0;
};

/// What retention took out of a lane.
struct ExpiredRecords {
    Seq through_seq = 0;
    std::uint64_t count = 0;
};

/// What is wrong with ranges that should cover 1..mark without overlap, and without holes but for
/// what retention took; empty when nothing is.
std::string coverage_fault(std::vector<SeqRange> ranges, Seq mark,
                           const ExpiredRecords& expired = {});

/// Decodable, covered, counted, and with the fault rows that follow from them. Throws
/// SQLite::Exception.
void verify_telemetry(SQLite::Database& database, std::vector<VerifyCheck>& checks);
/// Fault times, detections and device states against the engine's own code, applied again. Throws
/// likewise.
void verify_engine(SQLite::Database& database, const VerifyKnowledge& knowledge,
                   std::vector<VerifyCheck>& checks);
/// Looks at each ticket with all its events in order.
struct TicketCheck {
    VerifyCheck found;
    std::function<void(const Ticket&, const std::vector<TicketEvent>&, VerifyCheck&)> look;
};
/// Working-time clocks against the events of their tickets. Throws likewise.
TicketCheck sla_clocks(SQLite::Database& database);
/// What routing and people made of tickets, against their events.
TicketCheck desk_work();
/// Runs both over all tickets. Throws likewise.
void verify_tickets(SQLite::Database& database, std::vector<VerifyCheck>& checks);
/// File structure, references, totals, and tickets as projections of their events. Throws likewise.
void verify_tables(SQLite::Database& database, std::vector<VerifyCheck>& checks);
/// Tickets and trials against the outcomes that decided them. Throws likewise.
void verify_decisions(SQLite::Database& database, std::vector<VerifyCheck>& checks);

}  // namespace aftercare::collector::sqlite
