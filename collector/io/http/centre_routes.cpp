// Who has how much, and who asks. A centre sees itself.
#include <nlohmann/json.hpp>
#include <set>

#include "collector/io/http/problem.hpp"
#include "collector/io/http/routes.hpp"
#include "collector/io/text/json.hpp"

namespace aftercare::collector {
namespace {

Json load_json(const CentreLoad& load) {
    Json json;
    json["open_count"] = load.open_count;
    json["at_risk_count"] = load.at_risk_count;
    json["breached_count"] = load.breached_count;
    json["over_capacity_count"] = load.over_capacity_count;
    return json;
}

/// Its hours by the calendar that its tickets count by.
void add_hours(Json& json, const Call& call, const ServiceCentre& centre) {
    const std::string& name =
        centre.calendar.empty() ? call.sla.otherwise.calendar : centre.calendar;
    const Calendar* named = call.sla.calendar(name);
    const Calendar always;
    const Calendar& calendar = named == nullptr ? always : *named;
    constexpr milliseconds kMoment{1};
    const bool open = working_time(calendar, call.now, call.now + kMoment) == kMoment;
    const WallTime next = add_working_time(calendar, call.now, kMoment);
    json["calendar"] = named == nullptr ? std::string(kAlwaysOpen) : name;
    json["is_open_now"] = open;
    json["opens_at"] = open || next == WallTime::max() ? Json() : json_of(next - kMoment);
}

Json centre_json(const Call& call, const ServiceCentre& centre, bool configured,
                 const CentreLoad& load) {
    Json json;
    json["id"] = centre.id;
    json["name"] = centre.name.empty() ? centre.id : centre.name;
    json["configured"] = configured;
    json["regions"] = centre.regions;
    json["families"] = centre.families;
    json["skills"] = centre.skills;
    json["languages"] = centre.languages;
    json["capacity_per_day"] =
        centre.jobs_per_day_max == 0 ? Json() : Json(centre.jobs_per_day_max);
    json["delivery"] = centre.delivery == Delivery::mqtt ? "mqtt" : "console";
    add_hours(json, call, centre);
    json["load"] = load_json(load);
    return json;
}

CentreLoad load_of(const std::vector<CentreLoad>& loads, const std::string& centre) {
    for (const CentreLoad& load : loads) {
        if (load.centre == centre) return load;
    }
    return {.centre = centre};
}

}  // namespace

Response list_centres(const Call& call) {
    QueryReader query(call.target);
    if (const auto& mistake = query.finish()) return parameter_problem(*mistake);
    const Principal& who = call.principal;
    const bool one = who.role == Role::centre;
    const auto loads = call.loads.of(who.tenant, call.queries);
    if (!loads) return problem(loads.error());
    Json items = Json::array();
    std::set<std::string, std::less<>> told{""};
    const auto tell = [&](const ServiceCentre& centre, bool configured) {
        if ((one && centre.id != who.centre) || !told.insert(centre.id).second) return;
        items.push_back(centre_json(call, centre, configured, load_of(*loads, centre.id)));
    };
    for (const ServiceCentre& centre : call.sla.centres) {
        if (centre.serves_tenant(who.tenant)) tell(centre, true);
    }
    // Devices may be registered with centres that the configuration does not name.
    for (const CentreLoad& load : *loads) tell({.tenant = who.tenant, .id = load.centre}, false);
    if (one) tell({.tenant = who.tenant, .id = who.centre}, false);
    Json body;
    body["items"] = std::move(items);
    body["without_centre"] = one ? Json() : load_json(load_of(*loads, ""));
    return json_response(200, compact_text(body));
}

Response show_me(const Call& call) {
    QueryReader query(call.target);
    if (const auto& mistake = query.finish()) return parameter_problem(*mistake);
    const Principal& who = call.principal;
    Json body;
    body["name"] = who.name;
    body["role"] = std::string(to_string(who.role));
    body["tenant"] = who.tenant;
    body["centre"] = who.centre.empty() ? Json() : Json(who.centre);
    body["may_change_rules"] = !rules_refusal(call);
    return json_response(200, compact_text(body));
}

}  // namespace aftercare::collector
