// Tickets as CSV: columns that never change, so that other people's programs can rely on them.
#pragma once

#include <string>
#include <vector>

#include "collector/core/model/ticket.hpp"
#include "collector/io/text/csv.hpp"

namespace aftercare::collector {

/// ticket_id,tenant,device_id,component,failure_mode,origin,rule,opened_at,contacted_at,
/// resolved_at,state,outcome,probability,horizon_h
void append_ticket_header(CsvWriter& csv);
/// An absent time or outcome is an empty cell; a reactive ticket has no probability and no horizon.
void append_ticket(CsvWriter& csv, const Ticket& ticket);

}  // namespace aftercare::collector
