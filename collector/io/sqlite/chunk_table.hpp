// Rows of the table `chunk`: many reports of one device, stream and lane, compressed together.
// Reports are in one chunk or raw, never both; of a lane, chunks and raw reports follow each other
// without overlap. Private to collector/io/sqlite. Throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "collector/core/commit.hpp"
#include "collector/io/sqlite/chunk_codec.hpp"
#include "common/result.hpp"
#include "proto/codec.hpp"

namespace aftercare::collector::sqlite {

/// More compress little better, and cost more to read when only one is wanted.
inline constexpr std::uint64_t kChunkRecordsMax = 2048;

/// A lane as the tables name it.
struct LaneKey {
    DeviceNo device_no = 0;
    std::int64_t stream_no = 0;
    Lane lane = Lane::urgent;
    bool operator==(const LaneKey&) const = default;
};

class ChunkTable {
  public:
    explicit ChunkTable(SQLite::Database& database);

    /// Stores reports in order of seq as one chunk.
    /// Errors: corrupt, when the chunk would not give back exactly these reports; nothing is
    /// stored.
    Status add(const LaneKey& lane, std::span<const RawReport> reports);
    /// The reports of a chunk, without their stream's id.
    /// Errors: corrupt (damaged, or its row says otherwise), not_found.
    Result<std::vector<RawReport>> read(std::int64_t chunk_no);
    void remove(std::int64_t chunk_no);

    struct Head {
        std::int64_t chunk_no = 0;
        std::uint64_t record_count = 0;
    };
    /// The newest chunks of a lane, newest first, at most `limit`.
    std::vector<Head> newest(const LaneKey& lane, std::size_t limit);

  private:
    struct Times {
        WallTime first{};
        WallTime last{};
        std::array<std::optional<WallTime>, kRecordClassCount> since{};
    };
    Times times_of(std::span<const RawReport> reports);

    SQLite::Statement insert_;
    SQLite::Statement select_;
    SQLite::Statement delete_;
    SQLite::Statement newest_;
    ChunkCodec chunks_;
    proto::Codec reports_;
    Report decoded_;
};

}  // namespace aftercare::collector::sqlite
