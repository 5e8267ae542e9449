// The rows from which every KPI is computed: the audit trail of each figure.
#pragma once

#include <vector>

#include "collector/core/model/device.hpp"
#include "collector/core/model/ticket.hpp"

namespace aftercare::collector {

struct KpiRows {
    std::vector<DeviceInfo> devices;
    std::vector<Ticket> tickets;
    std::vector<TicketEvent> state_events;  ///< only those that change state, by ticket then no
    std::vector<Contact> contacts;
    std::vector<Outcome> outcomes;
};

}  // namespace aftercare::collector
