// Takes records out of chunks once they are older than their class shall be kept, one chunk a step.
// What is taken is counted per lane and class in `expired`, with the seq up to which records may be
// missing: so `verify` still accounts for every record. Private to collector/io/sqlite. Throws
// SQLite::Exception. Thread: the store's.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <array>
#include <optional>
#include <vector>

#include "collector/io/sqlite/chunk_table.hpp"
#include "collector/io/sqlite/housekeeping.hpp"

namespace aftercare::collector::sqlite {

class Retention {
  public:
    Retention(SQLite::Database& database, const RetentionOptions& options);

    /// Thins the chunk that is due longest, in one transaction. False: none is due.
    /// Errors: corrupt (a chunk cannot be read); nothing was changed.
    Result<bool> step(WallTime now);

  private:
    struct Due {
        std::int64_t chunk_no = 0;
        LaneKey lane;
    };
    struct Expired {
        Seq through_seq = 0;
        std::uint64_t record_count = 0;
    };
    using Cutoffs = std::array<std::optional<WallTime>, kRecordClassCount>;

    std::optional<Due> due(const Cutoffs& cutoffs);
    Status thin(const Due& due, const Cutoffs& cutoffs);
    /// What is left of the report; false when nothing is.
    bool thin(RawReport& raw, const Cutoffs& cutoffs);
    void count(const LaneKey& lane);

    SQLite::Database& database_;
    const RetentionOptions options_;
    std::vector<SQLite::Statement> due_;  ///< by class
    SQLite::Statement expire_;
    ChunkTable chunks_;
    proto::Codec reports_;
    Report decoded_;
    std::array<Expired, kRecordClassCount> expired_{};  ///< by the chunk at hand
};

}  // namespace aftercare::collector::sqlite
