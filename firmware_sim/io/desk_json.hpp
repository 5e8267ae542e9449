// The collector's API as the simulated people use it: commands to requests, replies to tickets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collector/core/commands.hpp"
#include "common/result.hpp"

namespace aftercare::sim {

struct ApiCall {
    std::string path;  ///< POST
    std::string body;  ///< JSON
};

ApiCall to_api_call(const collector::Command& command);
/// All of them in one array.
ApiCall to_api_call(const std::vector<collector::RegisterDevice>& devices);

struct TicketPage {
    std::vector<collector::Ticket> items;  ///< the members that people at a desk look at
    std::string next_cursor;
};

// Errors: invalid, saying what is missing.
Result<TicketPage> parse_ticket_page(std::string_view json);
/// The "ticket" member of GET /api/v1/tickets/{id}.
Result<collector::Ticket> parse_ticket_detail(std::string_view json);

}  // namespace aftercare::sim
