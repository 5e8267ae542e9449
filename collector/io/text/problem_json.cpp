// Fleet problems as JSON.
#include <nlohmann/json.hpp>

#include "collector/io/text/json.hpp"

namespace aftercare::collector {
namespace {

Json time_or_null(const std::optional<WallTime>& at) {
    return at ? json_of(*at) : Json();
}

Json named(std::string_view text) {
    return std::string(text);
}

template <class T>
Json items_of(const std::vector<T>& items) {
    Json array = Json::array();
    for (const T& item : items) array.push_back(json_of(item));
    return array;
}

Json cursor_of(const std::string& cursor) {
    return cursor.empty() ? Json() : Json(cursor);
}

}  // namespace

Json json_of(const Problem& p) {
    Json json;
    json["id"] = p.id;
    json["tenant"] = p.tenant;
    json["rule_id"] = p.rule_id;
    json["model"] = p.model;
    json["firmware"] = p.firmware;
    json["component"] = p.component;
    json["failure_mode"] = p.failure_mode;
    json["severity"] = named(to_string(p.severity));
    json["state"] = named(to_string(p.state));
    json["started_at"] = json_of(p.started_at);
    json["guard_ended_at"] = time_or_null(p.guard_ended_at);
    json["decided_at"] = time_or_null(p.decided_at);
    json["settled_at"] = time_or_null(p.settled_at);
    json["who"] = p.who;
    json["why"] = p.why;
    json["code"] = p.code ? named(to_string(*p.code)) : Json();
    json["fleet_count"] = p.fleet_count;
    json["start_count"] = p.start_count;
    json["end_count"] = p.end_count;
    json["ticket_count"] = p.ticket_count;
    json["device_count"] = p.device_count;
    json["detection_count"] = p.detection_count;
    json["version"] = p.version;
    return json;
}

Json json_of(const ProblemDevice& d) {
    Json json;
    json["device_no"] = d.device_no;
    json["device_id"] = d.device_id;
    json["attached"] = d.attached;
    json["rule"] = d.rule;
    json["probability"] = d.probability;
    json["horizon_h"] = d.horizon_h;
    Json evidence = Json::parse(d.evidence_json, nullptr, false);
    json["evidence"] = evidence.is_discarded() ? Json(d.evidence_json) : std::move(evidence);
    json["detected_at"] = json_of(d.detected_at);
    json["attached_at"] = json_of(d.attached_at);
    json["last_at"] = json_of(d.last_at);
    json["detection_count"] = d.detection_count;
    json["ticket_id"] = d.ticket_id.empty() ? Json() : Json(d.ticket_id);
    return json;
}

Json json_of(const ProblemEvent& e) {
    Json json;
    json["no"] = e.no;
    json["at"] = json_of(e.at);
    json["who"] = e.who;
    json["kind"] = e.kind;
    json["why"] = e.why;
    return json;
}

Json json_of(const Page<Problem>& page) {
    return Json{{"items", items_of(page.items)}, {"next_cursor", cursor_of(page.next_cursor)}};
}

Json json_of(const ProblemDetail& detail) {
    Json json = json_of(detail.problem);
    json["events"] = items_of(detail.events);
    json["devices"] = Json{{"items", items_of(detail.devices.items)},
                           {"next_cursor", cursor_of(detail.devices.next_cursor)}};
    return json;
}

}  // namespace aftercare::collector
