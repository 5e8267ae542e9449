#include "collector/io/sqlite/retention.hpp"

#include <algorithm>

#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/record_times.hpp"
#include "collector/io/sqlite/report_walk.hpp"
#include "collector/io/sqlite/rows.hpp"

namespace aftercare::collector::sqlite {

namespace {

constexpr std::array kSinceColumns{"fault_since", "lifecycle_since", "usage_since",
                                   "reading_since"};
constexpr int kOverdueParts = 16;
constexpr milliseconds kOverdueMin = hours_ms(24);

/// Records of a kind of a later version are kept, unless a device claims losses beyond 32 bits
/// between them and what comes next: then no report can hold both any more, and the older go. They
/// are counted here.
constexpr RecordClass kUnnamed = RecordClass::lifecycle;
constexpr bool within_report(Seq before, Seq seq) {
    return seq - before <= std::uint64_t{1} << 32;
}

}  // namespace

Retention::Retention(SQLite::Database& database, const RetentionOptions& options)
    : database_(database),
      options_(options),
      expire_(database,
              "INSERT INTO expired(device_no, stream_no, class, through_seq, record_count) "
              "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET "
              "through_seq = max(through_seq, ?4), record_count = record_count + ?5"),
      chunks_(database) {
    for (const std::string column : kSinceColumns) {
        due_.emplace_back(database,
                          "SELECT chunk_no, device_no, stream_no, lane FROM chunk WHERE " + column +
                              " < ? AND device_no NOT IN (SELECT device_no FROM ticket WHERE "
                              "is_open) ORDER BY " +
                              column + " LIMIT 1");
    }
}

Result<bool> Retention::step(WallTime now) {
    Cutoffs cutoffs;
    for (std::size_t i = 0; i < kRecordClassCount; ++i) {
        if (options_.keep[i].count() > 0) cutoffs[i] = now - options_.keep[i];
    }
    const std::optional<Due> found = due(cutoffs);
    if (!found) return false;
    if (Status thinned = thin(*found, cutoffs); !thinned) return fail(thinned.error());
    return true;
}

std::optional<Retention::Due> Retention::due(const Cutoffs& cutoffs) {
    for (std::size_t i = 0; i < kRecordClassCount; ++i) {
        if (!cutoffs[i]) continue;
        const milliseconds overdue = std::max(options_.keep[i] / kOverdueParts, kOverdueMin);
        const Use use(due_[i]);
        Binder(due_[i]).time(*cutoffs[i] - overdue);
        if (!due_[i].executeStep()) continue;
        Row row(due_[i]);
        Due due{row.integer(), {row.count(), row.integer(), Lane::urgent}};
        due.lane.lane = row.integer() == 0 ? Lane::urgent : Lane::bulk;
        return due;
    }
    return std::nullopt;
}

Status Retention::thin(const Due& due, const Cutoffs& cutoffs) {
    auto reports = chunks_.read(due.chunk_no);
    if (!reports) return fail(reports.error());
    expired_ = {};
    std::erase_if(*reports, [&](RawReport& raw) { return !thin(raw, cutoffs); });
    Transaction transaction(database_);
    chunks_.remove(due.chunk_no);
    if (!reports->empty()) {
        if (Status added = chunks_.add(due.lane, *reports); !added) return added;
    }
    count(due.lane);
    transaction.commit();
    return {};
}

bool Retention::thin(RawReport& raw, const Cutoffs& cutoffs) {
    if (!reports_.decode_report(std::as_bytes(std::span(raw.bytes)), decoded_)) return true;
    const auto records = applied_records(raw, decoded_);
    const auto times = record_times(raw, decoded_.header, records);
    std::vector<std::size_t> kept;
    std::vector<std::size_t> taken;
    for (std::size_t i = 0; i < records.size(); ++i) {
        const auto record_class = class_of(records[i]);
        const auto& cutoff = cutoffs[static_cast<std::size_t>(record_class.value_or(kUnnamed))];
        const bool due = record_class && cutoff && times[i] < *cutoff;
        if (!due && !kept.empty() && !within_report(records[kept.back()].seq, records[i].seq)) {
            taken.insert(taken.end(), kept.begin(), kept.end());
            kept.clear();
        }
        (due ? taken : kept).push_back(i);
    }
    if (taken.empty()) return true;
    for (const std::size_t i : taken) {
        Expired& expired =
            expired_[static_cast<std::size_t>(class_of(records[i]).value_or(kUnnamed))];
        expired.through_seq = std::max(expired.through_seq, records[i].seq);
        ++expired.record_count;
    }
    if (kept.empty()) return false;
    std::vector<bool> keep(decoded_.records.size(), false);
    const auto first = static_cast<std::size_t>(records.data() - decoded_.records.data());
    for (const std::size_t i : kept) keep[first + i] = true;
    raw.first_seq = records[kept.front()].seq;
    raw.last_seq = records[kept.back()].seq;
    raw.record_count = static_cast<std::uint32_t>(kept.size());
    raw.t0 = times[kept.front()];
    raw.bytes = reports_.keep_records(std::as_bytes(std::span{raw.bytes.data(), raw.bytes.size()}),
                                      decoded_, keep);
    return true;
}

void Retention::count(const LaneKey& lane) {
    for (std::size_t i = 0; i < kRecordClassCount; ++i) {
        if (expired_[i].record_count == 0) continue;
        Binder row(expire_);
        row.integer(lane.device_no).integer(lane.stream_no).bits(i);
        row.bits(expired_[i].through_seq).bits(expired_[i].record_count);
        expire_.exec();
    }
}

}  // namespace aftercare::collector::sqlite
