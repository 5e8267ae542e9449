// The KPI board for people (a table) and for spreadsheets (CSV).
#pragma once

#include <string>
#include <vector>

#include "collector/core/kpi/board.hpp"
#include "collector/io/text/csv.hpp"
#include "collector/io/text/table.hpp"

namespace aftercare::collector {

/// Value, 95 % interval, median and p90, from how many, and what is pending; "–" where undefined.
std::string kpi_table_text(const std::vector<Kpi>& board, const Terminal& terminal);

/// dimension,dimension_value,id,section,title,unit,value,low,high,numerator,denominator,mean,
/// median,p90,pending; the first two are empty without a cut.
void append_kpi_header(CsvWriter& csv);
void append_kpi(CsvWriter& csv, const Cut& cut, const Kpi& kpi);

/// "92.0 %", "3.5 h", "1,204"; "–" when undefined.
std::string kpi_value_text(const Kpi& kpi);

}  // namespace aftercare::collector
