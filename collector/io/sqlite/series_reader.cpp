#include "collector/io/sqlite/series_reader.hpp"

#include <algorithm>

#include "collector/io/sqlite/record_times.hpp"
#include "collector/io/sqlite/report_walk.hpp"
#include "proto/codec.hpp"

namespace aftercare::collector::sqlite {

namespace {

void add_readings(const RawReport& raw, const Report& decoded, const SeriesFilter& filter,
                  SeriesFold& fold) {
    const std::span<const Record> applied = applied_records(raw, decoded);
    const std::vector<WallTime> times = record_times(raw, decoded.header, applied);
    for (std::size_t i = 0; i < applied.size(); ++i) {
        const auto* reading = std::get_if<Reading>(&applied[i].body);
        if (reading == nullptr || (filter.from && times[i] < *filter.from) ||
            (filter.to && times[i] >= *filter.to)) {
            continue;
        }
        for (const MetricSummary& metric : reading->metrics) {
            if (metric.metric_id == filter.metric_id) fold.add(times[i], metric);
        }
    }
}

}  // namespace

Result<Series> read_series(SQLite::Database& database, const SeriesFilter& filter) {
    if (filter.points_max == 0) return fail(Errc::invalid, "at least one point must be asked for");
    SeriesFold fold(std::min(filter.points_max, kSeriesPointsMax));
    ReportWalk walk(database,
                    {.device_no = filter.device_no, .from = filter.from, .to = filter.to});
    proto::Codec codec;
    Report decoded;
    while (true) {
        const Result<bool> more = walk.next();
        if (!more) return fail(more.error().within("device " + walk.device_id()));
        if (!*more) return fold.series();
        const auto read = codec.decode_report(std::as_bytes(std::span(walk.raw().bytes)), decoded);
        if (!read) {
            return fail(Errc::corrupt, "a stored report of device " + walk.device_id() +
                                           " cannot be decoded: " + read.error().detail);
        }
        add_readings(walk.raw(), decoded, filter, fold);
    }
}

}  // namespace aftercare::collector::sqlite
