// Turns raw reports, stored as they arrive, into chunks per device, a little at a time. A pass
// takes the raw reports there are, walks them by device, stores chunks and moves a cursor in the
// same transaction (readers pass over raw reports behind it), and at its end deletes them page by
// page in the order in which they lie. So a report is always in exactly one place, whatever dies
// when. Private to collector/io/sqlite. Throws SQLite::Exception. Thread: the store's.
#pragma once

#include <SQLiteCpp/Database.h>

#include <memory>
#include <optional>
#include <vector>

#include "collector/io/sqlite/chunk_table.hpp"
#include "collector/io/sqlite/housekeeping.hpp"
#include "common/result.hpp"

namespace aftercare::collector::sqlite {

/// Raw reports of one pass: eight bytes each are kept in memory.
inline constexpr std::int64_t kPassReportsMax = 4'000'000;
/// Bounds of one step, some milliseconds each. A report costs as much to take apart as a record.
inline constexpr int kPlanReportsPerStep = 5'000;
inline constexpr std::uint64_t kMergeWorkPerStep = 4'096;  ///< records and reports together
inline constexpr int kMergeReportsPerStep = 512;
inline constexpr std::size_t kMergeDevicesPerStep = 64;
inline constexpr int kClearReportsPerStep = 2'000;
inline constexpr std::int64_t kClearBytesPerStep = 4 << 20;

class Merger {
  public:
    Merger(SQLite::Database& database, const MergeOptions& options);
    ~Merger();

    /// One bounded piece of work in one transaction. False: nothing is due.
    /// Errors: corrupt (a chunk or report that cannot be read); nothing was changed.
    Result<bool> step(WallTime now);
    /// Forgets what was planned, after an error: the database knows where to go on.
    void start_over();

  private:
    struct Pass {
        std::int64_t through_report = 0;  ///< 0 = no pass is under way
        std::int64_t done_device = 0;
        std::int64_t done_report = 0;
        bool by_age = false;  ///< begun because the oldest report is old; unknown after a restart
    };
    struct Planned {
        DeviceNo device_no = 0;
        std::uint32_t offset = 0;  ///< report number − plan_base_
    };
    struct Statements;
    struct Group;

    void read_pass();
    void write_pass(const Pass& pass);
    bool begin(WallTime now);
    void plan();
    Status merge();
    void clear();
    std::int64_t clear_through();
    std::uint64_t take(const Planned& planned, std::vector<Group>& groups);
    Result<std::uint64_t> merge_device(std::size_t& next, Pass& pass);
    Result<std::uint64_t> store(const LaneKey& lane, std::vector<RawReport> reports);
    Status absorb(const LaneKey& lane, std::vector<RawReport>& reports);

    SQLite::Database& database_;
    const MergeOptions options_;
    std::unique_ptr<Statements> statements_;
    ChunkTable chunks_;
    std::optional<Pass> pass_;
    std::vector<Planned> plan_;
    std::int64_t plan_base_ = 0;
    std::int64_t plan_through_ = 0;  ///< planned up to this report
    std::size_t plan_next_ = 0;
    bool planned_ = false;
};

}  // namespace aftercare::collector::sqlite
