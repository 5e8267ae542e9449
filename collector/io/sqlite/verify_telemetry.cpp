#include <algorithm>
#include <map>
#include <span>

#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/report_walk.hpp"
#include "collector/io/sqlite/rows.hpp"
#include "collector/io/sqlite/verify_checks.hpp"
#include "proto/codec.hpp"

namespace aftercare::collector::sqlite {

namespace {

std::string name_of(const std::string& device, std::uint64_t stream_id, Lane lane) {
    return "device " + device + ", stream " + std::to_string(stream_id) +
           (lane == Lane::urgent ? ", urgent lane" : ", bulk lane");
}

/// Runs of consecutive seqs.
void add_ranges(std::span<const Record> records, std::vector<SeqRange>& ranges) {
    for (const Record& record : records) {
        if (!ranges.empty() && record.seq == ranges.back().last + 1) {
            ranges.back().last = record.seq;
        } else {
            ranges.push_back({record.seq, record.seq});
        }
    }
}

class TelemetryCheck {
  public:
    explicit TelemetryCheck(SQLite::Database& database)
        : walk_(database),
          fault_(database,
                 "SELECT code, state, occurrences FROM fault WHERE device_no = ? AND stream_no = ? "
                 "AND seq = ?"),
          gaps_(database,
                "SELECT first_seq, last_seq FROM gap WHERE stream_no = ? AND lane = ? AND "
                "device_no = (SELECT device_no FROM stream WHERE stream_no = ?1)"),
          streams_(database,
                   "SELECT stream_no, stream_id, high_water_urgent, high_water_bulk, "
                   "coalesce(tenant || '/' || device_id, 'number ' || device_no) "
                   "FROM stream LEFT JOIN device USING (device_no) ORDER BY stream_no"),
          fault_count_(database,
                       "SELECT count(*) - (SELECT coalesce(sum(record_count), 0) FROM expired "
                       "WHERE class = 0) FROM fault"),
          expired_(database,
                   "SELECT class, through_seq, record_count FROM expired WHERE stream_no = ? AND "
                   "device_no = (SELECT device_no FROM stream WHERE stream_no = ?1)"),
          stray_(
              database,
              "SELECT count(*) FROM (SELECT stream_no FROM young_report UNION ALL SELECT stream_no "
              "FROM chunk UNION ALL SELECT stream_no FROM gap) WHERE stream_no NOT IN "
              "(SELECT stream_no FROM stream)") {}

    void run(std::vector<VerifyCheck>& checks) {
        while (take_next()) {
        }
        check_lanes();
        check_fault_count();
        checks.push_back(decodable_);
        checks.push_back(counted_);
        checks.push_back(coverage_);
        checks.push_back(faults_);
    }

  private:
    bool take_next();
    void take_report();
    void take_fault(const Record& record, const Fault& fault);
    void check_lanes();
    void check_fault_count();
    std::vector<SeqRange> with_gaps(std::int64_t stream_no, std::size_t lane);
    ExpiredRecords expired(std::int64_t stream_no, Lane lane);

    [[nodiscard]] std::string here() const {
        return name_of(walk_.tenant() + "/" + walk_.device_id(), walk_.raw().stream_id,
                       walk_.raw().lane) +
               ", report from seq " + std::to_string(walk_.raw().first_seq);
    }

    ReportWalk walk_;
    SQLite::Statement fault_;
    SQLite::Statement gaps_;
    SQLite::Statement streams_;
    SQLite::Statement fault_count_;
    SQLite::Statement expired_;
    SQLite::Statement stray_;
    proto::Codec codec_;
    Report decoded_;
    std::map<std::pair<std::int64_t, std::size_t>, std::vector<SeqRange>> ranges_;
    std::uint64_t decoded_faults_ = 0;
    VerifyCheck decodable_{"raw_reports", "every stored report can still be decoded"};
    VerifyCheck counted_{"record_counts", "a report row says what its bytes hold"};
    VerifyCheck coverage_{"coverage",
                          "each lane is covered up to its mark by records and declared gaps, once"};
    VerifyCheck faults_{"fault_rows", "fault rows are those that the stored reports hold"};
};

bool TelemetryCheck::take_next() {
    const Result<bool> more = walk_.next();
    if (more && *more) take_report();
    if (more) return *more;
    // What the damaged chunk should hold counts as there: it is one finding, not two.
    ++decodable_.examined;
    decodable_.add_wrong(here() + ": " + more.error().message);
    ranges_[{walk_.stream_no(), index(walk_.raw().lane)}].push_back(
        {walk_.raw().first_seq, walk_.raw().last_seq});
    return true;
}

void TelemetryCheck::take_report() {
    const RawReport& raw = walk_.raw();
    std::vector<SeqRange>& ranges = ranges_[{walk_.stream_no(), index(raw.lane)}];
    ++decodable_.examined;
    ++counted_.examined;
    const auto decoded = codec_.decode_report(std::as_bytes(std::span(raw.bytes)), decoded_);
    if (!decoded) {
        decodable_.add_wrong(here() + ": " + decoded.error().detail);
        ranges.push_back({raw.first_seq, raw.last_seq});
        return;
    }
    const auto records = applied_records(raw, decoded_);
    if (decoded_.header.lane != raw.lane || decoded_.header.stream_id != raw.stream_id) {
        counted_.add_wrong(here() + ": the bytes are of another stream or lane than the row");
    } else if (records.size() != raw.record_count || records.empty() ||
               records.front().seq != raw.first_seq || records.back().seq != raw.last_seq) {
        counted_.add_wrong(here() + ": the row says " + std::to_string(raw.record_count) +
                           " records to seq " + std::to_string(raw.last_seq) + ", the bytes hold " +
                           std::to_string(records.size()));
    }
    add_ranges(records, ranges);
    for (const Record& record : records) {
        if (const auto* fault = std::get_if<Fault>(&record.body)) take_fault(record, *fault);
    }
}

void TelemetryCheck::take_fault(const Record& record, const Fault& fault) {
    ++faults_.examined;
    ++decoded_faults_;
    const Use use(fault_);
    Binder(fault_).integer(walk_.raw().device_no).integer(walk_.stream_no()).bits(record.seq);
    if (!fault_.executeStep()) {
        faults_.add_wrong(here() + ": the fault at seq " + std::to_string(record.seq) +
                          " has no row");
        return;
    }
    Row row(fault_);
    if (row.count() != fault.code || row.integer() != static_cast<std::int64_t>(fault.state) ||
        row.count() != fault.occurrences) {
        faults_.add_wrong(here() + ": the row of the fault at seq " + std::to_string(record.seq) +
                          " differs from its record");
    }
}

std::vector<SeqRange> TelemetryCheck::with_gaps(std::int64_t stream_no, std::size_t lane) {
    std::vector<SeqRange> ranges = std::move(ranges_[{stream_no, lane}]);
    const Use use(gaps_);
    Binder(gaps_).integer(stream_no).bits(lane);
    while (gaps_.executeStep()) {
        Row row(gaps_);
        ranges.push_back({row.bits(), row.bits()});
    }
    return ranges;
}

ExpiredRecords TelemetryCheck::expired(std::int64_t stream_no, Lane lane) {
    ExpiredRecords sum;
    const Use use(expired_);
    Binder(expired_).integer(stream_no);
    while (expired_.executeStep()) {
        Row row(expired_);
        if (lane_of(static_cast<RecordClass>(row.integer())) != lane) continue;
        sum.through_seq = std::max(sum.through_seq, row.bits());
        sum.count += row.bits();
    }
    return sum;
}

void TelemetryCheck::check_lanes() {
    while (streams_.executeStep()) {
        Row row(streams_);
        const std::int64_t stream_no = row.integer();
        const std::uint64_t stream_id = row.bits();
        const std::array<Seq, kLaneCount> marks{row.bits(), row.bits()};
        const std::string device = row.text();
        for (const Lane lane : {Lane::urgent, Lane::bulk}) {
            ++coverage_.examined;
            const std::string fault = coverage_fault(with_gaps(stream_no, index(lane)),
                                                     marks[index(lane)], expired(stream_no, lane));
            if (!fault.empty())
                coverage_.add_wrong(name_of(device, stream_id, lane) + ": " + fault);
        }
    }
    if (stray_.executeStep() && Row(stray_).integer() > 0) {
        coverage_.add_wrong(std::to_string(Row(stray_).integer()) +
                            " reports, chunks or gaps belong to a stream that is not listed");
    }
}

void TelemetryCheck::check_fault_count() {
    const std::uint64_t rows = fault_count_.executeStep() ? Row(fault_count_).bits() : 0;
    if (rows > decoded_faults_) {
        faults_.add_wrong(std::to_string(rows) + " fault rows, but the reports hold " +
                          std::to_string(decoded_faults_) + " faults");
    }
}

}  // namespace

std::string coverage_fault(std::vector<SeqRange> ranges, Seq mark, const ExpiredRecords& expired) {
    std::sort(ranges.begin(), ranges.end(),
              [](const SeqRange& a, const SeqRange& b) { return a.first < b.first; });
    Seq expected = 1;
    std::uint64_t missing = 0;
    // Only what retention took may be missing, and exactly so many.
    const auto missing_to = [&](Seq next) {
        missing += next - expected;
        return next == expected || next - 1 <= expired.through_seq;
    };
    for (const SeqRange& range : ranges) {
        if (range.last < range.first) return "a range ends before it begins";
        if (range.first > expected && !missing_to(range.first)) {
            return "seq " + std::to_string(expected) + " to " + std::to_string(range.first - 1) +
                   " is neither stored nor declared lost";
        }
        if (range.first < expected) {
            return "seq " + std::to_string(range.first) + " to " +
                   std::to_string(std::min(range.last, expected - 1)) + " is there twice";
        }
        expected = range.last + 1;
    }
    if (expected > mark + 1 || !missing_to(mark + 1)) {
        return "stored up to seq " + std::to_string(expected - 1) + ", the mark says " +
               std::to_string(mark);
    }
    if (missing == expired.count) return {};
    return std::to_string(missing) + " records are missing, retention took " +
           std::to_string(expired.count);
}

void verify_telemetry(SQLite::Database& database, std::vector<VerifyCheck>& checks) {
    TelemetryCheck(database).run(checks);
}

}  // namespace aftercare::collector::sqlite
