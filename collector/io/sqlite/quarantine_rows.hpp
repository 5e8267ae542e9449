// What was refused, as rows: counts by (tenant, reason), and the last samples of each.
#pragma once

#include <vector>

#include "collector/io/sqlite/connection.hpp"
#include "collector/ports/queries.hpp"

namespace aftercare::collector::sqlite {

// All throw SQLite::Exception.
std::vector<RefusalCount> read_refusal_counts(SQLite::Database& database);
std::vector<QuarantineSummary> read_refusals(SQLite::Database& database, const OwnerFilter& tenant);
std::vector<QuarantineSample> read_samples(SQLite::Database& database, RefusalReason reason,
                                           const OwnerFilter& tenant);

/// Writes what a commit refused and released. Twice is once: a sample has the slot of its ordinal.
class QuarantineWriter {
  public:
    explicit QuarantineWriter(SQLite::Database& database);
    void write(const Commit& commit);

  private:
    SQLite::Statement count_;
    SQLite::Statement last_;
    SQLite::Statement sample_;
    SQLite::Statement release_;
};

}  // namespace aftercare::collector::sqlite
