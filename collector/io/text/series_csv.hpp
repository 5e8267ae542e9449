// A metric's time line as CSV: columns that never change.
#pragma once

#include "collector/core/model/series.hpp"
#include "collector/io/text/csv.hpp"

namespace aftercare::collector {

/// at,samples,mean,min,max and a row per point.
void append_series(CsvWriter& csv, const Series& series);

}  // namespace aftercare::collector
