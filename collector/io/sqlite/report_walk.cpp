#include "collector/io/sqlite/report_walk.hpp"

#include <algorithm>

#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/rows.hpp"

namespace aftercare::collector::sqlite {

ReportWalk::ReportWalk(SQLite::Database& database)
    : keys_(database,
            "SELECT report_no FROM raw_report ORDER BY device_no, stream_no, lane, first_seq, "
            "report_no"),
      fetch_(database,
             "SELECT device_no, stream_no, lane, first_seq, last_seq, record_count, t0, "
             "received_at, bytes FROM raw_report WHERE report_no = ?"),
      device_(database, "SELECT tenant, device_id, model FROM device WHERE device_no = ?"),
      stream_(database, "SELECT stream_id FROM stream WHERE stream_no = ?") {}

bool ReportWalk::next() {
    if (!keys_.executeStep()) return false;
    report_no_ = Row(keys_).integer();
    const Use use(fetch_);
    Binder(fetch_).integer(report_no_);
    if (!fetch_.executeStep()) return next();
    Row row(fetch_);
    const DeviceNo device_no = row.count();
    const std::int64_t stream_no = row.integer();
    if (device_no != raw_.device_no) find_device(device_no);
    if (stream_no != stream_no_) find_stream(stream_no);
    raw_.lane = row.integer() == 0 ? Lane::urgent : Lane::bulk;
    raw_.first_seq = row.bits();
    raw_.last_seq = row.bits();
    raw_.record_count = row.count();
    raw_.t0 = row.time();
    raw_.received_at = row.time();
    raw_.bytes = row.text();
    return true;
}

void ReportWalk::find_device(DeviceNo device_no) {
    raw_.device_no = device_no;
    const Use use(device_);
    Binder(device_).integer(device_no);
    const bool known = device_.executeStep();
    Row row(device_);
    tenant_ = known ? row.text() : "";
    device_id_ = known ? row.text() : "";
    model_ = known ? row.text() : "";
}

void ReportWalk::find_stream(std::int64_t stream_no) {
    stream_no_ = stream_no;
    const Use use(stream_);
    Binder(stream_).integer(stream_no);
    raw_.stream_id = stream_.executeStep() ? Row(stream_).bits() : 0;
}

std::span<const Record> applied_records(const RawReport& raw, const Report& decoded) {
    const auto before = [](const Record& record, Seq seq) { return record.seq < seq; };
    const auto& records = decoded.records;
    const auto first = std::lower_bound(records.begin(), records.end(), raw.first_seq, before);
    const auto last = std::lower_bound(first, records.end(), raw.last_seq + 1, before);
    return {first, last};
}

}  // namespace aftercare::collector::sqlite
