// Walks all stored reports on an open connection, by device, stream, lane and seq. Private to
// collector/io/sqlite.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <span>
#include <string>

#include "collector/core/commit.hpp"
#include "common/report.hpp"

namespace aftercare::collector::sqlite {

class ReportWalk {
  public:
    /// Throws SQLite::Exception, as all members do.
    explicit ReportWalk(SQLite::Database& database);

    /// False at the end. What the accessors return lives until the next call.
    bool next();

    [[nodiscard]] std::int64_t report_no() const { return report_no_; }
    [[nodiscard]] std::int64_t stream_no() const { return stream_no_; }
    [[nodiscard]] const RawReport& raw() const { return raw_; }
    [[nodiscard]] const std::string& tenant() const { return tenant_; }
    [[nodiscard]] const std::string& device_id() const { return device_id_; }
    [[nodiscard]] const std::string& model() const { return model_; }

  private:
    void find_device(DeviceNo device_no);
    void find_stream(std::int64_t stream_no);

    // Keys are sorted without their blobs, which are then fetched one by one: the sort stays small.
    SQLite::Statement keys_;
    SQLite::Statement fetch_;
    SQLite::Statement device_;
    SQLite::Statement stream_;
    std::int64_t report_no_ = 0;
    std::int64_t stream_no_ = 0;
    RawReport raw_;
    std::string tenant_;
    std::string device_id_;
    std::string model_;
};

/// Those of the decoded records that were applied from this report.
std::span<const Record> applied_records(const RawReport& raw, const Report& decoded);

}  // namespace aftercare::collector::sqlite
