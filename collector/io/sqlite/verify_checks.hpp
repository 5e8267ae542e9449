// The checks behind verify_database. Private to collector/io/sqlite.
#pragma once

#include <SQLiteCpp/Database.h>

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

/// What is wrong with ranges that should cover 1..mark without hole or overlap; empty when nothing
/// is.
std::string coverage_fault(std::vector<SeqRange> ranges, Seq mark);

/// Decodable, covered, counted, and with the fault rows that follow from them. Throws
/// SQLite::Exception.
void verify_telemetry(SQLite::Database& database, std::vector<VerifyCheck>& checks);
/// File structure, references, totals, and tickets as projections of their events. Throws likewise.
void verify_tables(SQLite::Database& database, std::vector<VerifyCheck>& checks);

}  // namespace aftercare::collector::sqlite
