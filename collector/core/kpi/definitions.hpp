// The text of every KPI, once: board, API, console, terminal and docs/kpi.md show the same
// sentence.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "collector/core/kpi/board.hpp"

namespace aftercare::collector {

struct Definition {
    std::string_view id;  ///< "{N}" stands for a recurrence window in days, here and in the title
    std::string_view section;
    std::string_view title;
    KpiKind kind;
    std::string_view unit;
    std::string_view definition;
};

/// In board order.
std::span<const Definition> kpi_definitions();

/// A KPI without figures.  Pre: `id` is in the list; `days` for those with a window.
Kpi blank_kpi(std::string_view id, int days = 0);

}  // namespace aftercare::collector
