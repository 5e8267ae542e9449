// The three sections of the board. Internal to the KPI core.
#pragma once

#include <vector>

#include "collector/core/kpi/board.hpp"
#include "collector/core/kpi/cut.hpp"
#include "collector/core/kpi/figure.hpp"
#include "collector/core/kpi/index.hpp"

namespace aftercare::collector {

/// One question: which rows, which period, known until when.
struct Inquiry {
    const KpiIndex& index;
    WallTime from;
    WallTime to;
    WallTime now;
    const CutFilter& cut;
    const KpiOptions& options;

    [[nodiscard]] bool in_period(WallTime at) const { return at >= from && at < to; }
    [[nodiscard]] bool in_period(const std::optional<WallTime>& at) const {
        return at && in_period(*at);
    }
    [[nodiscard]] bool known(const std::optional<WallTime>& at) const { return at && *at < now; }
    [[nodiscard]] bool keeps_outcome(RowNo outcome) const;
    /// What drill-down lists for an outcome: its ticket.
    [[nodiscard]] const std::string& outcome_subject(RowNo outcome) const;
};

void add_proactive(const Inquiry& inquiry, std::vector<Kpi>& board);
void add_support(const Inquiry& inquiry, std::vector<Kpi>& board);
void add_recurrence(const Inquiry& inquiry, std::vector<Kpi>& board);
void add_resolution(const Inquiry& inquiry, std::vector<Kpi>& board);
void add_first_contact(const Inquiry& inquiry, std::vector<Kpi>& board);
void add_sla(const Inquiry& inquiry, std::vector<Kpi>& board);
void add_volume(const Inquiry& inquiry, std::vector<Kpi>& board);

/// Device-months of the kept devices in the period.
double device_months(const Inquiry& inquiry);

}  // namespace aftercare::collector
