// Everything the store does besides commits, one bounded step at a time: merging first, then
// retention, then giving free pages back to the disk. Its transactions are atomic and in order with
// the commits, but not synced by themselves: a power cut takes back steps, never a part of one.
// Private to collector/io/sqlite. Throws SQLite::Exception. Thread: the store's.
#pragma once

#include "collector/io/sqlite/merge.hpp"
#include "collector/io/sqlite/retention.hpp"

namespace aftercare::collector::sqlite {

class Housekeeper {
  public:
    Housekeeper(SQLite::Database& database, const MergeOptions& merge,
                const RetentionOptions& retention)
        : database_(database), merger_(database, merge), retention_(database, retention) {}

    /// False: nothing is due. After an exception the connection may sync less than a commit needs:
    /// it is not to be used again. Errors: of Merger::step and Retention::step.
    Result<bool> step(WallTime now);
    /// After an error: takes up from what is stored.
    void start_over() { merger_.start_over(); }

  private:
    Result<bool> next(WallTime now);
    bool give_back_pages();

    SQLite::Database& database_;
    Merger merger_;
    Retention retention_;
};

}  // namespace aftercare::collector::sqlite
