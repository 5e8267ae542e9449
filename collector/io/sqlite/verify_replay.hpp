// Stored reports applied again by the engine's own code, device by device. Private to
// collector/io/sqlite. Throws SQLite::Exception.
//
// The order of arrival is rebuilt from what is stored: a lane is applied by seq, and a report that
// waited for others is applied when the last of those has come; two lanes meet in the order of
// those moments. One report of each lane is held at a time.
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collector/core/intake/applier.hpp"
#include "collector/io/sqlite/report_walk.hpp"
#include "proto/codec.hpp"

namespace aftercare::collector::sqlite {

/// One lane of every stream, in the order of the walk.
class LaneFeed {
  public:
    LaneFeed(SQLite::Database& database, Lane lane);

    void advance();
    [[nodiscard]] bool at_end() const { return at_end_; }
    [[nodiscard]] DeviceNo device_no() const { return walk_.raw().device_no; }
    /// Device and stream, ordered as the walk goes.
    [[nodiscard]] std::pair<DeviceNo, std::int64_t> stream() const {
        return {device_no(), static_cast<std::int64_t>(walk_.raw().stream_id)};
    }
    /// Moment at which the report was applied.
    [[nodiscard]] WallTime turn() const { return turn_; }
    [[nodiscard]] const ReportWalk& walk() const { return walk_; }
    [[nodiscard]] const Report& report() const { return report_; }
    /// Device of the last report that could not be read or decoded.
    [[nodiscard]] DeviceNo damaged() const { return damaged_; }

  private:
    ReportWalk walk_;
    proto::Codec codec_;
    Report report_;
    std::pair<DeviceNo, std::int64_t> stream_{};
    WallTime turn_{};
    DeviceNo damaged_ = 0;
    bool at_end_ = false;
};

/// A detection with the moment at which the engine acted on it.
struct ReplayedDetection {
    Detection detection;
    WallTime decided_at{};
};

/// Tells whether two sets of gaps are the same ones, declared at the same moments.
struct GapSum {
    std::uint64_t records = 0;
    std::uint64_t moments = 0;  ///< of their declaration, each modulo 2^32
    bool operator==(const GapSum&) const = default;
};

/// What the stored reports of one device lead to.
struct ReplayedDevice {
    DeviceNo no = 0;
    std::string name;  ///< tenant/device
    DeviceEntry* entry = nullptr;
    std::vector<ReplayedDetection> detections;
    GapSum gaps;             ///< as records declared them
    WallTime first_at{};     ///< when its first report was applied
    bool whole = true;       ///< every report that the engine had is stored and can be read
    bool same_model = true;  ///< reports name the model that the device has now
    /// No two lanes had their turn at one moment, and no intervals of rules were melted together:
    /// else what is remembered depends on an order that is not stored.
    bool order_known = true;
};

class Replay {
  public:
    class Visitor {
      public:
        virtual ~Visitor() = default;
        /// After each report, with the rows that the engine would have stored.
        virtual void on_report(const ReplayedDevice& device, const ReportWalk& at,
                               const Commit& rows) = 0;
        virtual void on_device(const ReplayedDevice& device) = 0;
    };

    Replay(SQLite::Database& database, const Catalogue& catalogue, const Detector& detector);
    void run(Visitor& visitor);

  private:
    LaneFeed* next_of(DeviceNo device_no);
    void begin(const LaneFeed& feed);
    void apply(const LaneFeed& feed, Visitor& visitor);
    StreamEntry& stream_of(std::uint64_t stream_id);

    Settings settings_;
    World world_;
    LaneFeed urgent_;
    LaneFeed bulk_;
    SQLite::Statement device_row_;
    std::optional<Registry> registry_;
    ReplayedDevice device_;
    Commit commit_;
    std::vector<Detection> found_;
};

}  // namespace aftercare::collector::sqlite
