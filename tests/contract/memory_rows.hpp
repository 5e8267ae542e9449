// How the store of plain containers sorts, filters and pages.
#pragma once

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "collector/ports/queries.hpp"
#include "collector/ports/wrong_parameter.hpp"

namespace aftercare::collector::testing {

template <class T, class Key>
std::vector<T> sorted(std::vector<T> items, Key key) {
    std::sort(items.begin(), items.end(), [&](const T& a, const T& b) { return key(a) < key(b); });
    return items;
}

template <class Map>
auto values(const Map& map) {
    std::vector<typename Map::mapped_type> items;
    for (const auto& [key, value] : map) items.push_back(value);
    return items;
}

/// Cursors of this store are the position as decimal digits.
template <class T>
Result<Page<T>> page_of(std::vector<T> items, std::size_t limit, const std::string& cursor) {
    std::size_t start = 0;
    const char* end = cursor.data() + cursor.size();
    const auto parsed = std::from_chars(cursor.data(), end, start);
    if (limit == 0) return wrong_parameter("limit", "must be one or more");
    if (!cursor.empty() && (parsed.ec != std::errc{} || parsed.ptr != end)) {
        return wrong_parameter("cursor", "is no number");
    }
    start = std::min(start, items.size());
    const std::size_t stop = start + std::min({limit, kPageMax, items.size() - start});
    Page<T> page;
    if (stop < items.size()) page.next_cursor = std::to_string(stop);
    page.items.assign(items.begin() + static_cast<std::ptrdiff_t>(start),
                      items.begin() + static_cast<std::ptrdiff_t>(stop));
    return page;
}

inline bool matches(const std::string& wanted, std::string_view found) {
    return wanted.empty() || wanted == found;
}

inline Status check(const TicketFilter& f) {
    const auto unknown = [](std::string_view name) { return wrong_parameter(name, "is unknown"); };
    if (!f.state.empty() && f.state != "open_any" && !parse_ticket_state(f.state)) {
        return unknown("state");
    }
    if (!f.origin.empty() && !parse_origin(f.origin)) return unknown("origin");
    if (!f.sla.empty() && f.sla != "at_risk" && f.sla != "breached") return unknown("sla");
    if (!f.queue.empty() && f.queue != "unroutable" && f.queue != "over_capacity") {
        return unknown("queue");
    }
    return {};
}

bool on_desk(const Ticket& t, const TicketFilter& f) {
    const bool must_be_open = !f.queue.empty() || f.escalated;
    return (!must_be_open || is_open(t.state)) && matches(f.queue, to_string(t.work.queue)) &&
           matches(f.assignee, t.work.assignee) && (!f.escalated || t.work.escalation_level > 0);
}

/// Open, with a target that is so and not met.
inline bool alarmed(const Ticket& t, std::string_view alarm) {
    const auto is = [&](const TargetClock& clock) {
        return !clock.met &&
               (alarm == "breached" ? clock.breached : clock.at_risk && !clock.breached);
    };
    return is_open(t.state) && (is(t.sla.first_response) || is(t.sla.resolution));
}

inline std::vector<CentreLoad> loads_of(const std::map<std::string, Ticket>& tickets,
                                        const std::string& tenant) {
    std::map<std::string, CentreLoad> loads;
    for (const auto& [id, t] : tickets) {
        if (t.tenant != tenant || !is_open(t.state)) continue;
        CentreLoad& load = loads[t.centre];
        load.centre = t.centre;
        ++load.open_count;
        if (alarmed(t, "at_risk")) ++load.at_risk_count;
        if (alarmed(t, "breached")) ++load.breached_count;
        if (t.work.queue == RouteQueue::over_capacity) ++load.over_capacity_count;
    }
    std::vector<CentreLoad> all;
    for (const auto& [centre, load] : loads) all.push_back(load);
    return all;
}

}  // namespace aftercare::collector::testing
