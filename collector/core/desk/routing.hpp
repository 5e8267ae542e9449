// Which service centre a ticket goes to, and why: pure, and the same answer for the same facts.
//
// Hard: the centre's tenant, region, model family and skill. Of those that fit, one with room is
// taken before a full one, the device's own centre before others, one that speaks the customer's
// language before one that does not, then the one with the least of its day's jobs taken, then the
// lesser id. When all are full the same order holds and the ticket is flagged.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "collector/core/model/service_centre.hpp"
#include "collector/core/model/ticket.hpp"

namespace aftercare::collector {

struct RouteFacts {
    std::string_view tenant;
    std::string_view region;
    std::string_view family;
    std::string_view skill;     ///< of the failure mode; empty = none is needed
    std::string_view language;  ///< the customer's; empty = not known
    std::string_view home;      ///< the device's own centre; empty = none
};

/// What a centre has to do already, on the working day that a job routed now falls on.
struct DayLoad {
    std::uint32_t job_count = 0;
    std::string when = "today";  ///< "today", "on 2026-12-28"
};

struct Route {
    std::string centre;  ///< empty: unroutable
    RouteQueue queue = RouteQueue::none;
    std::string reason;  ///< a sentence: "north: serves region DE-N, …" or what was missing
};

/// `loads[i]` is of `centres[i]`.
Route route(const RouteFacts& facts, std::span<const ServiceCentre> centres,
            std::span<const DayLoad> loads);

}  // namespace aftercare::collector
