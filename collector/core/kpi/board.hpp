// The KPIs of docs/kpi.md §1–§3: pure functions of rows and period. Definitions, populations and
// clocks are those of that page, word for word.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collector/core/kpi/rows.hpp"
#include "collector/core/sla/calendar.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

struct Period {
    WallTime from;
    WallTime to;  ///< exclusive
    /// What lies at or after it is not known yet: decides which windows have elapsed. Default `to`.
    std::optional<WallTime> now{};
};

enum class KpiKind : std::uint8_t { rate, duration, count, per_thousand };

struct Kpi {
    std::string id;       ///< "proactive_contact_rate"
    std::string section;  ///< "proactive", "recurrence", "resolution"
    std::string title;
    std::string definition;  ///< one sentence, the same text in console, API and docs
    KpiKind kind = KpiKind::rate;
    std::string unit;             ///< "%", "h", "d", "tickets", "per 1,000 device-months"
    std::optional<double> value;  ///< in `unit`; undefined over an empty population
    std::optional<double> low;    ///< 95 % interval in `unit` (shares: Wilson)
    std::optional<double> high;
    double numerator = 0;
    double denominator = 0;
    std::optional<double> mean, median, p90;  ///< durations, in `unit`
    std::uint64_t pending = 0;                ///< members whose window is still open, or undecided
    std::vector<std::string> numerator_ids;  ///< drill-down: tickets (or devices) behind the figure
    std::vector<std::string> denominator_ids;
};

/// A cut keeps rows, never changes a definition.
struct Cut {
    std::string dimension;  ///< "" | tenant model firmware region centre component failure_mode
                            ///< rule warranty segment
    std::string value;
};

struct KpiOptions {
    std::vector<int> recurrence_days{30, 60, 90};
    Calendar calendar;          ///< of the working clock
    bool drill_down = false;    ///< fill the id lists …
    std::string drill_down_id;  ///< … of this KPI only; empty = of all
};

/// Tickets of one UTC day of the period; `open` at its end. Verification tickets are in `all` only.
struct VolumeDay {
    struct Split {
        std::uint64_t all = 0;
        std::uint64_t predicted = 0;
        std::uint64_t reactive = 0;
    };
    WallTime day{};
    Split received, resolved, open;
};
inline constexpr std::size_t kVolumeDaysMax = 3660;

struct KpiIndex;

/// The rows, sorted and hashed once, so that many boards (one per value of a cut) cost one pass
/// each. Lifetime: the rows outlive it.  Thread: const calls from any.  Cost: linear in the rows.
class KpiBoard {
  public:
    explicit KpiBoard(const KpiRows& rows);
    ~KpiBoard();

    /// Errors: invalid (period reversed, unknown dimension: the message lists the allowed ones).
    [[nodiscard]] Result<std::vector<Kpi>> compute(const Period& period, const Cut& cut,
                                                   const KpiOptions& options) const;
    /// Errors: as above; more than kVolumeDaysMax days.
    [[nodiscard]] Result<std::vector<VolumeDay>> volume(const Period& period, const Cut& cut) const;
    /// From the first telemetry or ticket (service history imported from before is context, not
    /// performance) until just after the last thing known: the honest default for a database of any
    /// age. Without telemetry and tickets: from the first thing known.
    [[nodiscard]] Period whole_period() const;

  private:
    std::unique_ptr<const KpiIndex> index_;
};

/// One board of rows used once.  Errors: as KpiBoard::compute.
Result<std::vector<Kpi>> kpi_board(const KpiRows& rows, const Period& period, const Cut& cut,
                                   const KpiOptions& options);
/// The values of `dimension` present in the rows, sorted: what `--by` iterates over.
Result<std::vector<std::string>> kpi_dimension_values(const KpiRows& rows,
                                                      std::string_view dimension);

/// Every KPI without figures, in board order: id, section, title, definition, kind and unit.
std::vector<Kpi> kpi_catalogue(const std::vector<int>& recurrence_days);

}  // namespace aftercare::collector
