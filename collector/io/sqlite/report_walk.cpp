#include "collector/io/sqlite/report_walk.hpp"

#include <algorithm>

#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/rows.hpp"

namespace aftercare::collector::sqlite {

namespace {

std::string keys_sql(const std::string& table, const std::string& row_no,
                     const std::string& condition) {
    return "SELECT x.device_no, coalesce(s.stream_id, 0), x.lane, x.first_seq, " + row_no +
           ", x.last_seq, x.stream_no FROM " + table + " x LEFT JOIN stream s USING (stream_no) " +
           (condition.empty() ? "" : "WHERE " + condition) + " ORDER BY 1, 2, 3, 4, 5";
}

std::string of_lanes(const WalkOptions& options) {
    std::string condition;
    if (options.device_no) condition = "x.device_no = " + std::to_string(*options.device_no);
    if (options.lane) {
        if (!condition.empty()) condition += " AND ";
        condition += "x.lane = " + std::to_string(index(*options.lane));
    }
    return condition;
}

std::string of_chunks(const WalkOptions& options) {
    std::string condition = of_lanes(options);
    const auto add = [&](const std::string& comparison, const std::optional<WallTime>& at) {
        if (!at) return;
        if (!condition.empty()) condition += " AND ";
        condition += comparison + std::to_string(unix_ms(*at));
    };
    add("x.last_at >= ", options.from);
    add("x.first_at < ", options.to);
    return condition;
}

}  // namespace

ReportWalk::ReportWalk(SQLite::Database& database, const WalkOptions& options)
    : chunk_keys_(database, keys_sql("chunk", "chunk_no", of_chunks(options))),
      young_keys_(database, keys_sql("young_report", "report_no", of_lanes(options))),
      fetch_(database,
             "SELECT record_count, t0, received_at, bytes FROM raw_report WHERE report_no = ?"),
      device_(database, "SELECT tenant, device_id, model FROM device WHERE device_no = ?"),
      chunks_(database),
      next_chunk_(next_place(chunk_keys_)),
      next_young_(next_place(young_keys_)) {}

std::optional<ReportWalk::Place> ReportWalk::next_place(SQLite::Statement& keys) {
    if (!keys.executeStep()) return std::nullopt;
    Row row(keys);
    return Place{row.count(),   row.integer(), row.integer(), row.integer(),
                 row.integer(), row.integer(), row.integer()};
}

Result<bool> ReportWalk::next() {
    while (next_chunk_ || next_young_) {
        if (!next_chunk_ || (next_young_ && *next_young_ < *next_chunk_)) {
            show(*next_young_);
            fetch_young();
            next_young_ = next_place(young_keys_);
            return true;
        }
        show(*next_chunk_);
        if (chunk_.empty()) {
            if (Status opened = open_chunk(); !opened) {
                next_chunk_ = next_place(chunk_keys_);
                return fail(opened.error());
            }
        }
        const std::uint64_t stream_id = raw_.stream_id;
        raw_ = std::move(chunk_[chunk_next_++]);
        raw_.stream_id = stream_id;
        if (chunk_next_ < chunk_.size()) {
            // Should a raw report lie between two of a chunk, it still has its turn in order.
            next_chunk_->first_seq = static_cast<std::int64_t>(chunk_[chunk_next_].first_seq);
        } else {
            chunk_.clear();
            next_chunk_ = next_place(chunk_keys_);
        }
        return true;
    }
    return false;
}

Status ReportWalk::open_chunk() {
    auto reports = chunks_.read(next_chunk_->row_no);
    if (!reports) return fail(reports.error());
    chunk_ = std::move(*reports);
    chunk_next_ = 0;
    return {};
}

void ReportWalk::fetch_young() {
    const Use use(fetch_);
    Binder(fetch_).integer(next_young_->row_no);
    if (!fetch_.executeStep()) return;
    Row row(fetch_);
    raw_.record_count = row.count();
    raw_.t0 = row.time();
    raw_.received_at = row.time();
    raw_.bytes = row.text();
}

/// Everything about the report that does not need its bytes.
void ReportWalk::show(const Place& place) {
    const bool same_device = raw_.device_no == place.device_no;
    here_ = place;
    raw_.device_no = place.device_no;
    raw_.stream_id = static_cast<std::uint64_t>(place.stream_id);
    raw_.lane = place.lane == 0 ? Lane::urgent : Lane::bulk;
    raw_.first_seq = static_cast<Seq>(place.first_seq);
    raw_.last_seq = static_cast<Seq>(place.last_seq);
    if (same_device) return;
    const Use use(device_);
    Binder(device_).integer(place.device_no);
    const bool known = device_.executeStep();
    Row row(device_);
    tenant_ = known ? row.text() : "";
    device_id_ = known ? row.text() : "";
    model_ = known ? row.text() : "";
}

std::span<const Record> applied_records(const RawReport& raw, const Report& decoded) {
    const auto before = [](const Record& record, Seq seq) { return record.seq < seq; };
    const auto& records = decoded.records;
    const auto first = std::lower_bound(records.begin(), records.end(), raw.first_seq, before);
    const auto last = std::lower_bound(first, records.end(), raw.last_seq + 1, before);
    return {first, last};
}

}  // namespace aftercare::collector::sqlite
