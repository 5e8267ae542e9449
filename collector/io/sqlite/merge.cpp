#include "collector/io/sqlite/merge.hpp"

#include <algorithm>
#include <limits>

#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/rows.hpp"

namespace aftercare::collector::sqlite {

namespace {

constexpr std::int64_t kAllDevices = std::numeric_limits<std::int64_t>::max();
/// So many small chunks are joined at once, or as many as fill one: a record is rewritten once per
/// factor of eight in size.
constexpr std::size_t kJoinCount = 7;
constexpr std::size_t kSmallChunksMax = 4 * kJoinCount;
constexpr std::size_t kChunkRawBytesMax = 1U << 20;

std::uint64_t records_in(const std::vector<RawReport>& reports) {
    std::uint64_t count = 0;
    for (const RawReport& report : reports) count += report.record_count;
    return count;
}

}  // namespace

struct Merger::Group {
    LaneKey lane;
    std::vector<RawReport> reports;
};

struct Merger::Statements {
    explicit Statements(SQLite::Database& db) : database(db) {}
    SQLite::Database& database;
    SQLite::Statement pass{database,
                           "SELECT through_report, done_device, done_report FROM merge_pass"};
    SQLite::Statement mark{
        database, "UPDATE merge_pass SET through_report = ?, done_device = ?, done_report = ?"};
    SQLite::Statement oldest{database,
                             "SELECT report_no, received_at FROM raw_report "
                             "ORDER BY report_no LIMIT 1"};
    SQLite::Statement bounds{database,
                             "SELECT coalesce((SELECT max(report_no) FROM raw_report), 0), "
                             "coalesce((SELECT max(stream_no) FROM stream), 0)"};
    SQLite::Statement scan{database,
                           "SELECT report_no, device_no FROM raw_report WHERE report_no > ? "
                           "AND report_no <= ? ORDER BY report_no LIMIT ?"};
    SQLite::Statement fetch{
        database,
        "SELECT stream_no, lane, first_seq, last_seq, record_count, t0, received_at, bytes "
        "FROM raw_report WHERE report_no = ?"};
    SQLite::Statement sizes{database,
                            "SELECT report_no, length(bytes) FROM raw_report WHERE report_no <= ? "
                            "ORDER BY report_no LIMIT ?"};
    SQLite::Statement clear{database, "DELETE FROM raw_report WHERE report_no <= ?"};
};

Merger::Merger(SQLite::Database& database, const MergeOptions& options)
    : database_(database),
      options_(options),
      statements_(std::make_unique<Statements>(database)),
      chunks_(database) {}
Merger::~Merger() = default;

Result<bool> Merger::step(WallTime now) {
    if (!pass_) read_pass();
    if (pass_->through_report == 0) return begin(now);
    if (pass_->done_device == kAllDevices) {
        clear();
    } else if (!planned_) {
        plan();
    } else if (Status merged = merge(); !merged) {
        return fail(merged.error());
    }
    return true;
}

void Merger::start_over() {
    pass_.reset();
    plan_.clear();
    plan_through_ = 0;
    planned_ = false;
}

void Merger::read_pass() {
    SQLite::Statement& select = statements_->pass;
    const Use use(select);
    start_over();
    pass_.emplace();
    if (!select.executeStep()) return;
    Row row(select);
    pass_ = Pass{row.integer(), row.integer(), row.integer()};
}

/// In the caller's transaction.
void Merger::write_pass(const Pass& pass) {
    Binder(statements_->mark)
        .integer(pass.through_report)
        .integer(pass.done_device)
        .integer(pass.done_report);
    statements_->mark.exec();
}

bool Merger::begin(WallTime now) {
    SQLite::Statement& oldest = statements_->oldest;
    SQLite::Statement& bounds = statements_->bounds;
    const Use use_oldest(oldest);
    const Use use_bounds(bounds);
    if (!oldest.executeStep() || !bounds.executeStep()) return false;
    Row oldest_row(oldest);
    const std::int64_t first = oldest_row.integer();
    const WallTime arrived = oldest_row.time();
    Row bounds_row(bounds);
    const std::int64_t last = bounds_row.integer();
    const std::uint64_t streams = bounds_row.bits();
    const auto waiting = static_cast<std::uint64_t>(last - first + 1);
    const std::uint64_t enough =
        std::max(options_.reports_min, streams * options_.reports_per_stream_min);
    if (waiting < enough && now - arrived < options_.age_max) return false;
    oldest.reset();
    bounds.reset();
    const Pass pass{std::min(last, first + kPassReportsMax), 0, 0, waiting < enough};
    Transaction transaction(database_);
    write_pass(pass);
    transaction.commit();
    start_over();
    pass_ = pass;
    return true;
}

/// Lists the next raw reports of the pass; sorts the list once it is complete.
void Merger::plan() {
    SQLite::Statement& scan = statements_->scan;
    const Use use(scan);
    Binder(scan).integer(plan_through_).integer(pass_->through_report).integer(kPlanReportsPerStep);
    int seen = 0;
    for (; scan.executeStep(); ++seen) {
        Row row(scan);
        const std::int64_t report_no = row.integer();
        const DeviceNo device_no = row.count();
        if (plan_.empty()) plan_base_ = report_no;
        plan_through_ = report_no;
        const bool done = device_no < pass_->done_device ||
                          (device_no == pass_->done_device && report_no <= pass_->done_report);
        if (!done) plan_.push_back({device_no, static_cast<std::uint32_t>(report_no - plan_base_)});
    }
    if (seen == kPlanReportsPerStep) return;
    std::sort(plan_.begin(), plan_.end(), [](const Planned& a, const Planned& b) {
        return std::pair(a.device_no, a.offset) < std::pair(b.device_no, b.offset);
    });
    plan_next_ = 0;
    planned_ = true;
}

Status Merger::merge() {
    Transaction transaction(database_);
    Pass pass = *pass_;
    std::uint64_t work = 0;
    std::size_t devices = 0;
    std::size_t next = plan_next_;
    while (next < plan_.size() && work < kMergeWorkPerStep && devices < kMergeDevicesPerStep) {
        const Result<std::uint64_t> merged = merge_device(next, pass);
        if (!merged) return fail(merged.error());
        work += *merged;
        ++devices;
    }
    if (next == plan_.size()) pass.done_device = kAllDevices;
    write_pass(pass);
    transaction.commit();
    pass_ = pass;
    plan_next_ = next;
    return {};
}

/// Merges the planned reports of the next device, as many as one step may take, and moves `next`
/// and `pass` behind them. Returns how many records and reports were written, those of joined
/// chunks too.
Result<std::uint64_t> Merger::merge_device(std::size_t& next, Pass& pass) {
    const DeviceNo device_no = plan_[next].device_no;
    std::vector<Group> groups;
    std::uint64_t work = 0;
    for (int i = 0; i < kMergeReportsPerStep && next < plan_.size(); ++i, ++next) {
        const Planned& planned = plan_[next];
        if (planned.device_no != device_no || work >= kMergeWorkPerStep) break;
        work += take(planned, groups);
        pass.done_device = device_no;
        pass.done_report = plan_base_ + planned.offset;
    }
    work = 0;
    for (Group& group : groups) {
        std::stable_sort(
            group.reports.begin(), group.reports.end(),
            [](const RawReport& a, const RawReport& b) { return a.first_seq < b.first_seq; });
        const auto stored = store(group.lane, std::move(group.reports));
        if (!stored) return stored;
        work += *stored;
    }
    return work;
}

/// Adds the report to the end of its lane's group. Returns its share of a step's work; 0 when it is
/// not there.
std::uint64_t Merger::take(const Planned& planned, std::vector<Group>& groups) {
    SQLite::Statement& fetch = statements_->fetch;
    const Use use(fetch);
    Binder(fetch).integer(plan_base_ + planned.offset);
    if (!fetch.executeStep()) return 0;
    Row row(fetch);
    LaneKey lane{planned.device_no, row.integer(), Lane::urgent};
    lane.lane = row.integer() == 0 ? Lane::urgent : Lane::bulk;
    RawReport raw;
    raw.device_no = lane.device_no;
    raw.lane = lane.lane;
    raw.first_seq = row.bits();
    raw.last_seq = row.bits();
    raw.record_count = row.count();
    raw.t0 = row.time();
    raw.received_at = row.time();
    raw.bytes = row.text();
    const std::uint64_t work = std::uint64_t{raw.record_count} + 1;
    auto group = groups.begin();
    while (group != groups.end() && group->lane != lane) ++group;
    if (group == groups.end()) group = groups.insert(group, {lane, {}});
    group->reports.push_back(std::move(raw));
    return work;
}

Result<std::uint64_t> Merger::store(const LaneKey& lane, std::vector<RawReport> reports) {
    if (Status absorbed = absorb(lane, reports); !absorbed) return fail(absorbed.error());
    for (std::size_t first = 0; first < reports.size();) {
        std::uint64_t records = reports[first].record_count;
        std::size_t bytes = reports[first].bytes.size();
        std::size_t end = first + 1;
        for (; end < reports.size(); ++end) {
            records += reports[end].record_count;
            bytes += reports[end].bytes.size();
            if (records > kChunkRecordsMax || bytes > kChunkRawBytesMax) break;
        }
        Status added = chunks_.add(lane, std::span(reports).subspan(first, end - first));
        if (!added) return fail(added.error());
        first = end;
    }
    return records_in(reports) + reports.size();
}

/// Puts the lane's newest chunks in front of `reports` where enough of them are no larger than what
/// comes: chunks grow in steps, and each record is rewritten a few times only. A pass that begins
/// because time went by has little to do, so it joins whatever is small.
Status Merger::absorb(const LaneKey& lane, std::vector<RawReport>& reports) {
    const std::vector<ChunkTable::Head> heads = chunks_.newest(lane, kSmallChunksMax);
    std::uint64_t sum = records_in(reports);
    std::size_t absorbed = 0;
    for (std::size_t end = 0; end < heads.size() && sum < kChunkRecordsMax;) {
        const std::uint64_t half = kChunkRecordsMax / 2;
        const std::uint64_t small = pass_->by_age ? half : std::min(2 * sum, half);
        while (end < heads.size() && heads[end].record_count <= small && sum < kChunkRecordsMax) {
            sum += heads[end++].record_count;
        }
        const std::size_t enough = pass_->by_age ? 1 : kJoinCount;
        if (sum < kChunkRecordsMax && end - absorbed < enough) break;
        absorbed = end;
    }
    for (std::size_t i = 0; i < absorbed; ++i) {
        auto older = chunks_.read(heads[i].chunk_no);
        if (!older) return fail(older.error());
        older->insert(older->end(), std::make_move_iterator(reports.begin()),
                      std::make_move_iterator(reports.end()));
        reports = std::move(*older);
        chunks_.remove(heads[i].chunk_no);
    }
    return {};
}

/// The last of the oldest reports that one step may delete.
std::int64_t Merger::clear_through() {
    SQLite::Statement& sizes = statements_->sizes;
    const Use use(sizes);
    Binder(sizes).integer(pass_->through_report).integer(kClearReportsPerStep);
    std::int64_t through = 0;
    std::int64_t bytes = 0;
    int seen = 0;
    while (bytes < kClearBytesPerStep && sizes.executeStep()) {
        Row row(sizes);
        through = row.integer();
        bytes += row.integer();
        ++seen;
    }
    const bool last = bytes < kClearBytesPerStep && seen < kClearReportsPerStep;
    return last ? pass_->through_report : through;
}

/// Deletes merged raw reports in the order in which they lie, so that each page is touched once.
/// The last of them go together with the end of the pass: SQLite numbers an emptied table from 1
/// again, and nothing new may seem merged.
void Merger::clear() {
    const std::int64_t through = clear_through();
    const Pass pass = through == pass_->through_report ? Pass{} : *pass_;
    Transaction transaction(database_);
    Binder(statements_->clear).integer(through);
    statements_->clear.exec();
    write_pass(pass);
    transaction.commit();
    start_over();
    pass_ = pass;
}

}  // namespace aftercare::collector::sqlite
