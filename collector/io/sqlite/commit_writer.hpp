// Writes one commit inside a transaction that somebody else begins and ends. Holds the prepared
// statements. Private to collector/io/sqlite.
#pragma once

#include <SQLiteCpp/Database.h>

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "collector/core/commit.hpp"
#include "common/hash.hpp"
#include "common/result.hpp"

namespace aftercare::collector::sqlite {

/// Devices and streams the writer remembers between commits, about 100 bytes each.
inline constexpr std::size_t kRememberedMax = 131'072;

/// Remembers what it committed: marks and device data are compared in memory instead of read and
/// written again. After a failure, or when another connection has written, it reads afresh.
class CommitWriter {
  public:
    /// Throws SQLite::Exception, as all members do.
    explicit CommitWriter(SQLite::Database& database);
    ~CommitWriter();

    /// Whether anything had to be written: false for a commit that is stored already.
    /// Errors: conflict (it would store a record twice, or give a device the number of another).
    Result<bool> write(const Commit& commit);
    /// The transaction around the last `write` is durable. Without this call the writer forgets
    /// what it remembers of the database, and reads it again.
    void committed() { remembers_ = true; }

  private:
    struct StreamKey {
        DeviceNo device_no = 0;
        std::uint64_t stream_id = 0;
        bool operator==(const StreamKey&) const = default;
    };
    /// Devices choose their stream ids: mixed first, so that none can mirror the device numbers.
    struct StreamKeyHash {
        std::size_t operator()(const StreamKey& key) const {
            return static_cast<std::size_t>(mixed(key.stream_id) ^ mixed(key.device_no));
        }
    };
    struct StreamMark {
        std::int64_t stream_no = 0;
        std::array<Seq, kLaneCount> stored{};   ///< before this commit
        std::array<Seq, kLaneCount> reached{};  ///< by the reports of this commit so far
        std::uint64_t turn = 0;                 ///< the commit that `reached` belongs to
    };
    enum class Freshness : std::uint8_t { fresh, stored, mixed };
    struct Statements;

    void forget_what_may_have_changed();
    StreamMark& stream(DeviceNo device_no, std::uint64_t stream_id);
    bool info_is_stored(const DeviceInfo& info) const;
    void remember_info(const DeviceInfo& info);
    Freshness freshness(const Commit& commit);
    Status write_devices(const Commit& commit);
    void write_telemetry(const Commit& commit);
    void write_tickets(const Commit& commit);
    void write_desk(const Commit& commit);
    void write_desk_due(const Commit& commit);
    void write_problems(const Commit& commit);
    void write_outcome(const Outcome& outcome);
    void write_answers(const Commit& commit);
    void write_totals(const Totals& totals);

    std::unique_ptr<Statements> statements_;
    std::unordered_map<StreamKey, StreamMark, StreamKeyHash> streams_;  ///< as the database has it
    std::vector<std::uint64_t> infos_;  ///< [device_no], hash of the info in the database; 0 = none
    std::uint64_t turn_ = 0;
    std::int64_t data_version_ = 0;
    bool remembers_ = true;
};

}  // namespace aftercare::collector::sqlite
