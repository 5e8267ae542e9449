// The KPIs of docs/kpi.md §1–§3: pure functions of rows and period. Definitions, populations and clocks
// are those of that page, word for word.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "collector/core/kpi/rows.hpp"
#include "collector/core/sla/calendar.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

struct Period {
    WallTime from;
    WallTime to;  ///< exclusive; also "now" for windows that have not elapsed
};

enum class KpiKind : std::uint8_t { rate, duration, count, per_thousand };

struct Kpi {
    std::string id;       ///< "proactive_contact_rate"
    std::string section;  ///< "proactive", "recurrence", "resolution"
    std::string title;
    std::string definition;  ///< one sentence, the same text in console, API and docs
    KpiKind kind = KpiKind::rate;
    std::string unit;  ///< "%", "h", "tickets", "per 1,000 device-months"
    std::optional<double> value;  ///< undefined over an empty population
    std::optional<double> low;    ///< 95 % interval (rates: Wilson)
    std::optional<double> high;
    double numerator = 0;
    double denominator = 0;
    std::optional<double> mean, median, p90;  ///< durations, hours
    std::uint64_t pending = 0;     ///< members whose window is still open, or undecided
    std::vector<std::string> numerator_ids;    ///< drill-down: tickets (or devices) behind the figure
    std::vector<std::string> denominator_ids;
};

/// A cut keeps rows, never changes a definition.
struct Cut {
    std::string dimension;  ///< "" | tenant model firmware region centre component failure_mode rule warranty segment
    std::string value;
};

struct KpiOptions {
    std::vector<int> recurrence_days{30, 60, 90};
    Calendar calendar;  ///< of the working clock
    bool drill_down = false;  ///< fill the id lists
};

/// Errors: invalid (period reversed, unknown dimension: the message lists the allowed ones).
Result<std::vector<Kpi>> kpi_board(const KpiRows& rows, const Period& period, const Cut& cut,
                                   const KpiOptions& options);
/// The values of `dimension` present in the rows, sorted: what `--by` iterates over.
Result<std::vector<std::string>> kpi_dimension_values(const KpiRows& rows, std::string_view dimension);

}  // namespace aftercare::collector
