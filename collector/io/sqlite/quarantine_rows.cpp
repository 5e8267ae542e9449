#include "collector/io/sqlite/quarantine_rows.hpp"

#include <algorithm>
#include <tuple>

#include "collector/io/sqlite/rows.hpp"

namespace aftercare::collector::sqlite {
namespace {

/// Samples kept of a tenant's refusals for a reason; the oldest makes room.
constexpr std::uint64_t kQuarantineSamplesMax = 64;

std::string_view cut(const std::string& text) {
    return std::string_view(text).substr(0, kQuarantineTextBytesMax);
}

}  // namespace

std::vector<RefusalCount> read_refusal_counts(SQLite::Database& database) {
    std::vector<RefusalCount> counts;
    for (QuarantineSummary& summary : read_refusals(database, std::nullopt)) {
        counts.push_back({std::move(summary.tenant), summary.reason, summary.count});
    }
    return counts;
}

std::vector<QuarantineSummary> read_refusals(SQLite::Database& database,
                                             const OwnerFilter& tenant) {
    SQLite::Statement select(database,
                             "SELECT tenant, reason, count, last_at, last_detail FROM quarantine "
                             "WHERE ?1 IS NULL OR tenant = ?1");
    if (tenant) Binder(select).text(*tenant);
    std::vector<QuarantineSummary> summaries;
    while (select.executeStep()) {
        Row row(select);
        QuarantineSummary summary{.tenant = row.text()};
        const auto reason = parse_refusal_reason(row.text());
        if (!reason) continue;  // of a later program
        summary.reason = *reason;
        summary.count = row.bits();
        summary.last_at = row.optional_time().value_or(WallTime{});
        summary.last_detail = row.text();
        summaries.push_back(std::move(summary));
    }
    std::sort(summaries.begin(), summaries.end(), [](const auto& a, const auto& b) {
        return std::tie(a.tenant, a.reason) < std::tie(b.tenant, b.reason);
    });
    return summaries;
}

std::vector<QuarantineSample> read_samples(SQLite::Database& database, RefusalReason reason,
                                           const OwnerFilter& tenant) {
    SQLite::Statement select(
        database,
        "SELECT tenant, ordinal, received_at, detail, topic, size_bytes, sample FROM "
        "quarantine_sample WHERE reason = ?1 AND (?2 IS NULL OR tenant = ?2) "
        "ORDER BY tenant, ordinal DESC");
    Binder binder(select);
    binder.text(to_string(reason));
    if (tenant) binder.text(*tenant);
    std::vector<QuarantineSample> samples;
    while (select.executeStep()) {
        Row row(select);
        QuarantineSample sample;
        sample.key.tenant = row.text();
        sample.key.reason = reason;
        sample.key.ordinal = row.bits();
        sample.received_at = row.time();
        sample.detail = row.text();
        sample.topic = row.text();
        sample.size_bytes = row.bits();
        sample.bytes = row.text();
        samples.push_back(std::move(sample));
    }
    return samples;
}

QuarantineWriter::QuarantineWriter(SQLite::Database& database)
    : count_(database,
             "INSERT INTO quarantine(tenant, reason, count, last_at, last_detail) "
             "VALUES (?1, ?2, ?3, NULL, '') "
             "ON CONFLICT(tenant, reason) DO UPDATE SET count = ?3 WHERE count <> ?3"),
      last_(database,
            "UPDATE quarantine SET last_at = ?3, last_detail = ?4 "
            "WHERE tenant = ?1 AND reason = ?2"),
      sample_(database, upsert_sql("quarantine_sample",
                                   "tenant, reason, slot, ordinal, received_at, detail, topic, "
                                   "size_bytes, sample",
                                   3)),
      release_(database,
               "DELETE FROM quarantine_sample WHERE tenant = ? AND reason = ? AND ordinal = ?") {}

void QuarantineWriter::write(const Commit& commit) {
    for (const QuarantineKey& key : commit.released) {
        Binder(release_).text(key.tenant).text(to_string(key.reason)).bits(key.ordinal);
        release_.exec();
    }
    for (const RefusalCount& refused : commit.refusal_counts) {
        Binder(count_).text(refused.tenant).text(to_string(refused.reason)).bits(refused.count);
        count_.exec();
    }
    for (const QuarantineRow& row : commit.quarantine) {
        const std::string reason(to_string(row.reason));
        const std::string detail(cut(row.detail));
        Binder sample(sample_);
        sample.text(row.tenant).text(reason).bits(row.ordinal % kQuarantineSamplesMax);
        sample.bits(row.ordinal).time(row.received_at).text(detail).blob(cut(row.topic));
        sample.bits(row.size_bytes)
            .blob(std::string_view(row.sample).substr(0, kQuarantineSampleBytesMax));
        sample_.exec();
        Binder(last_).text(row.tenant).text(reason).time(row.received_at).text(detail);
        last_.exec();
    }
}

}  // namespace aftercare::collector::sqlite
