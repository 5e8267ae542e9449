#include "collector/io/text/series_csv.hpp"

#include "common/time_text.hpp"

namespace aftercare::collector {

void append_series(CsvWriter& csv, const Series& series) {
    csv.header({"at", "samples", "mean", "min", "max"});
    for (const SeriesPoint& point : series.points) {
        csv.text(format_rfc3339(point.at)).number(point.sample_count);
        csv.number(point.mean).number(point.min).number(point.max);
        csv.end_row();
    }
}

}  // namespace aftercare::collector
