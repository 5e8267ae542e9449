// KPI rows joined once: which changes, contacts and outcomes belong to which ticket, which tickets
// and repairs to which device. Everything that follows is a scan or a short search.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "collector/core/kpi/rows.hpp"
#include "collector/core/kpi/timeline.hpp"

namespace aftercare::collector {

using RowNo = std::uint32_t;  ///< index into a vector of KpiRows
inline constexpr RowNo kNoRow = std::numeric_limits<RowNo>::max();

/// Rows of one kind grouped by an owner, in order of time within each group.
struct Groups {
    std::vector<RowNo> rows;
    std::vector<RowNo> begin;  ///< one more than there are owners

    [[nodiscard]] std::span<const RowNo> of(RowNo owner) const {
        return std::span(rows).subspan(begin[owner], begin[owner + 1] - begin[owner]);
    }
};

/// The outcome that decided about a predicted ticket.
struct Decided {
    Decision decision = Decision::undecided;
    WallTime at{};
};

struct KpiIndex {
    explicit KpiIndex(const KpiRows& all_rows);

    [[nodiscard]] Timeline timeline(RowNo ticket) const {
        return std::span(changes).subspan(change_begin[ticket],
                                          change_begin[ticket + 1] - change_begin[ticket]);
    }
    [[nodiscard]] const Ticket* ticket_of(RowNo outcome) const;
    /// The registered device of a dense device index; null if the rows have none.
    [[nodiscard]] const DeviceInfo* device(RowNo device_index) const;
    /// The last outcome before `now` that decides; a ticket without outcome rows speaks for itself.
    [[nodiscard]] Decided decided(RowNo ticket, WallTime now) const;
    /// Loss of function that the outcome confirms; see failure_time in index.cpp for the cases.
    [[nodiscard]] std::optional<WallTime> failure_time(RowNo outcome) const;
    /// What was really wrong: the outcome's component, else its ticket's.
    [[nodiscard]] RowNo component_of_outcome(RowNo outcome) const {
        return outcome_component[outcome];
    }

    const KpiRows& rows;
    std::size_t device_count = 0;      ///< dense indexes 0 … device_count − 1
    std::vector<RowNo> device_row;     ///< dense index to rows.devices, or kNoRow
    std::vector<RowNo> ticket_device;  ///< ticket to dense device index
    std::vector<RowNo> outcome_device;
    std::vector<RowNo> contact_device;
    std::vector<RowNo> outcome_ticket;    ///< outcome to ticket, or kNoRow
    std::vector<RowNo> ticket_component;  ///< interned names
    std::vector<RowNo> outcome_component;
    std::vector<StateChange> changes;
    std::vector<RowNo> change_begin;
    Groups outcomes_by_ticket;
    Groups contacts_by_ticket;
    Groups outcomes_by_device;
    Groups inbound_by_device;    ///< contacts
    Groups predicted_by_device;  ///< tickets, by opened_at
};

}  // namespace aftercare::collector
