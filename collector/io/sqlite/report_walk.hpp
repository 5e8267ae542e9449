// Walks stored reports on an open connection, by device, stream, lane and seq, wherever they lie:
// in chunks, or still raw. Private to collector/io/sqlite. Throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "collector/core/commit.hpp"
#include "collector/io/sqlite/chunk_table.hpp"
#include "common/report.hpp"
#include "common/result.hpp"

namespace aftercare::collector::sqlite {

struct WalkOptions {
    std::optional<DeviceNo> device_no;  ///< without: all devices
    std::optional<Lane> lane;           ///< without: both
    /// Chunks without a record at or after `from` or before `to` are passed over; single reports
    /// may still lie outside.
    std::optional<WallTime> from;
    std::optional<WallTime> to;
};

class ReportWalk {
  public:
    explicit ReportWalk(SQLite::Database& database, const WalkOptions& options = {});

    /// False at the end. What the accessors return lives until the next call.
    /// Errors: corrupt, for a chunk that cannot be read: `raw` then has its lane and its range of
    /// seqs, and the next call goes on behind it.
    Result<bool> next();

    [[nodiscard]] std::int64_t stream_no() const { return here_.stream_no; }
    [[nodiscard]] const RawReport& raw() const { return raw_; }
    [[nodiscard]] const std::string& tenant() const { return tenant_; }
    [[nodiscard]] const std::string& device_id() const { return device_id_; }
    [[nodiscard]] const std::string& model() const { return model_; }

  private:
    /// Where a row of `chunk` or `raw_report` belongs; ordered as the walk goes.
    struct Place {
        DeviceNo device_no = 0;
        std::int64_t stream_id = 0;  ///< as SQLite orders it
        std::int64_t lane = 0;
        std::int64_t first_seq = 0;
        std::int64_t row_no = 0;
        std::int64_t last_seq = 0;
        std::int64_t stream_no = 0;
        auto operator<=>(const Place&) const = default;
    };
    static std::optional<Place> next_place(SQLite::Statement& keys);
    Status open_chunk();
    void fetch_young();
    void show(const Place& place);

    // Keys are sorted without their blobs, which are then fetched one by one: the sort stays small.
    SQLite::Statement chunk_keys_;
    SQLite::Statement young_keys_;
    SQLite::Statement fetch_;
    SQLite::Statement device_;
    ChunkTable chunks_;
    std::optional<Place> next_chunk_;  ///< whose reports come next, or are coming
    std::optional<Place> next_young_;
    std::vector<RawReport> chunk_;  ///< of next_chunk_, once opened
    std::size_t chunk_next_ = 0;
    Place here_;
    RawReport raw_;
    std::string tenant_;
    std::string device_id_;
    std::string model_;
};

/// Those of the decoded records that were applied from this report.
std::span<const Record> applied_records(const RawReport& raw, const Report& decoded);

}  // namespace aftercare::collector::sqlite
