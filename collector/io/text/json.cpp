#include "collector/io/text/json.hpp"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "collector/core/sla/policy.hpp"
#include "common/time_text.hpp"

namespace aftercare::collector {
namespace {

constexpr std::array<std::string_view, 4> kPurposes{"safety", "diagnostics", "usage", "contact"};

Json text_of(std::string_view text) {
    return std::string(text);
}
/// JSON has no NaN and no infinity.
Json number(double value) {
    return std::isfinite(value) ? Json(value) : Json();
}
Json optional_time(const std::optional<WallTime>& at) {
    return at ? json_of(*at) : Json();
}

Json parsed_or_text(const std::string& text) {
    if (text.empty()) return Json::array();
    Json parsed = Json::parse(text, nullptr, false);
    return parsed.is_discarded() ? Json(text) : parsed;
}

std::string_view fault_state_text(FaultState state) {
    constexpr std::array<std::string_view, 4> kNames{"unspecified", "raised", "cleared",
                                                     "occurred"};
    return kNames.at(static_cast<std::size_t>(state));
}

template <class T>
Json page_of(const Page<T>& page) {
    Json json;
    json["items"] = json_array(page.items);
    json["next_cursor"] = page.next_cursor.empty() ? Json() : Json(page.next_cursor);
    return json;
}

/// "policy/calendar#hash".
std::string_view policy_of(std::string_view terms) {
    return terms.substr(0, terms.find('/'));
}
std::string_view calendar_of(std::string_view terms) {
    const std::size_t slash = std::min(terms.find('/'), terms.size());
    const std::string_view rest = terms.substr(std::min(slash + 1, terms.size()));
    return rest.substr(0, rest.find('#'));
}

Json json_of_target(const TargetClock& clock) {
    Json json;
    json["due_at"] = optional_time(clock.due_at);
    json["spent_ms"] = clock.spent.count();
    json["alarm"] = clock.breached ? Json("breached") : clock.at_risk ? Json("at_risk") : Json();
    return json;
}

Json json_of_clock(const Ticket& ticket) {
    Json json;
    json["policy"] = text_of(policy_of(ticket.sla.terms));
    json["calendar"] = text_of(calendar_of(ticket.sla.terms));
    json["clock"] = !is_open(ticket.state)     ? "ended"
                    : ticket.sla.running_since ? "running"
                                               : "paused";
    json["first_response"] = json_of_target(ticket.sla.first_response);
    json["resolution"] = json_of_target(ticket.sla.resolution);
    return json;
}

/// A watch that was under way when its ticket left `resolved` has ended with that.
Json json_of_watch(const TicketDetail& detail) {
    if (!detail.watch) return {};
    const Watch& watch = *detail.watch;
    const bool cut_short =
        watch.state == WatchState::watching && detail.ticket.state != TicketState::resolved;
    Json json;
    json["state"] = cut_short ? Json("ended") : text_of(to_string(watch.state));
    json["since"] = json_of(watch.since);
    json["until"] = json_of(watch.until);
    json["record_count"] = watch.record_count;
    json["cycle_count"] = watch.cycle_count;
    json["last_at"] = optional_time(watch.last_at);
    json["ended_at"] = optional_time(watch.ended_at);
    return json;
}

}  // namespace

template <class T>
Json json_array(const std::vector<T>& items) {
    Json array = Json::array();
    for (const T& item : items) array.push_back(json_of(item));
    return array;
}
template Json json_array(const std::vector<Ticket>&);
template Json json_array(const std::vector<TicketEvent>&);
template Json json_array(const std::vector<Contact>&);
template Json json_array(const std::vector<Part>&);
template Json json_array(const std::vector<Outcome>&);
template Json json_array(const std::vector<DeviceInfo>&);
template Json json_array(const std::vector<FaultRow>&);
template Json json_array(const std::vector<Kpi>&);
template Json json_array(const std::vector<QuarantineSummary>&);
template Json json_array(const std::vector<CommandReply>&);

std::string_view to_string(KpiKind kind) {
    constexpr std::array<std::string_view, 4> kNames{"rate", "duration", "count", "per_thousand"};
    return kNames.at(static_cast<std::size_t>(kind));
}

Json json_of(WallTime at) {
    return format_rfc3339(at);
}

Json json_of(const Ticket& t) {
    Json json;
    json["id"] = t.id;
    json["tenant"] = t.tenant;
    json["device_no"] = t.device_no;
    json["device_id"] = t.device_id;
    json["model"] = t.model;
    json["firmware"] = t.firmware;
    json["component"] = t.component;
    json["failure_mode"] = t.failure_mode;
    json["origin"] = text_of(to_string(t.origin));
    json["severity"] = text_of(to_string(t.severity));
    json["state"] = text_of(to_string(t.state));
    json["rule"] = t.rule;
    json["probability"] = number(t.probability);
    json["horizon_h"] = number(t.horizon_h);
    json["evidence"] = parsed_or_text(t.evidence_json);
    json["detected_at"] = json_of(t.detected_at);
    json["opened_at"] = json_of(t.opened_at);
    json["contacted_at"] = optional_time(t.contacted_at);
    json["first_contact_outbound"] =
        t.first_contact_outbound ? Json(*t.first_contact_outbound) : Json();
    json["first_outbound_at"] = optional_time(t.first_outbound_at);
    json["resolved_at"] = optional_time(t.resolved_at);
    json["closed_at"] = optional_time(t.closed_at);
    json["verified_at"] = optional_time(t.verified_at);
    json["failed_at"] = optional_time(t.failed_at);
    json["outcome"] = t.outcome ? text_of(to_string(*t.outcome)) : Json();
    json["decision"] = text_of(to_string(t.decision));
    json["centre"] = t.centre;
    json["region"] = t.region;
    json["segment"] = t.segment;
    json["warranty"] = text_of(to_string(t.warranty));
    json["first_response_due_at"] = optional_time(t.sla.first_response.due_at);
    json["resolution_due_at"] = optional_time(t.sla.resolution.due_at);
    json["sla"] = json_of_clock(t);
    json["contact_count"] = t.contact_count;
    json["visit_count"] = t.visit_count;
    json["reopened_count"] = t.reopened_count;
    json["not_solvable_at_first_contact"] = t.not_solvable_at_first_contact;
    json["self_service"] = t.self_service;
    json["avoidable_cause"] = t.avoidable_cause;
    json["recurs_of"] = t.recurs_of;
    json["detection_count"] = t.detection_count;
    json["version"] = t.version;
    json["assignee"] = t.work.assignee;
    json["escalation_level"] = t.work.escalation_level;
    json["escalation_count"] = t.work.escalation_count;
    json["comment_count"] = t.work.comment_count;
    json["queue"] = t.work.queue == RouteQueue::none ? Json() : text_of(to_string(t.work.queue));
    json["route_reason"] = t.work.route_reason;
    json["routed_at"] = optional_time(t.work.routed_at);
    json["merged_into"] = t.work.merged_into;
    return json;
}

Json json_of(const TicketEvent& e) {
    Json json;
    json["ticket_id"] = e.ticket_id;
    json["no"] = e.no;
    json["at"] = json_of(e.at);
    json["who"] = e.who;
    json["kind"] = e.kind;
    json["from"] = e.from ? text_of(to_string(*e.from)) : Json();
    json["to"] = e.to ? text_of(to_string(*e.to)) : Json();
    json["why"] = e.why;
    json["value"] = e.value;
    return json;
}

Json json_of(const Contact& c) {
    Json json;
    json["id"] = c.id;
    json["ticket_id"] = c.ticket_id;
    json["tenant"] = c.tenant;
    json["device_no"] = c.device_no;
    json["at"] = json_of(c.at);
    json["direction"] = text_of(to_string(c.direction));
    json["channel"] = text_of(to_string(c.channel));
    json["message_key"] = c.message_key;
    json["result"] = c.result;
    json["note"] = c.note;
    return json;
}

Json json_of(const Part& part) {
    Json json;
    json["number"] = part.number;
    json["old_serial"] = part.old_serial;
    json["new_serial"] = part.new_serial;
    return json;
}

Json json_of(const Outcome& o) {
    Json json;
    json["id"] = o.id;
    json["tenant"] = o.tenant;
    json["device_no"] = o.device_no;
    json["device_id"] = o.device_id;
    json["ticket_id"] = o.ticket_id;
    json["at"] = json_of(o.at);
    json["code"] = text_of(to_string(o.code));
    json["component"] = o.component;
    json["failure_mode"] = o.failure_mode;
    json["failed_at"] = optional_time(o.failed_at);
    json["visit_count"] = o.visit_count;
    json["labour_min"] = number(o.labour_min);
    json["parts"] = json_array(o.parts);
    json["avoidable_cause"] = o.avoidable_cause;
    json["not_solvable_at_first_contact"] = o.not_solvable_at_first_contact;
    json["note"] = o.note;
    json["match_score"] = number(o.match_score);
    json["match_reason"] = o.match_reason;
    json["centre"] = o.centre;
    json["review"] = text_of(to_string(o.review));
    json["candidates"] = parsed_or_text(o.candidates_json);
    return json;
}

Json json_of(const DeviceInfo& d) {
    Json json;
    json["no"] = d.no;
    json["tenant"] = d.tenant;
    json["device_id"] = d.device_id;
    json["model"] = d.model;
    json["firmware"] = d.firmware;
    json["serial"] = d.serial;
    json["customer_id"] = d.customer_id;
    json["region"] = d.region;
    json["language"] = d.language;
    json["segment"] = d.segment;
    json["centre"] = d.centre;
    json["installed_at"] = optional_time(d.installed_at);
    json["warranty_until"] = optional_time(d.warranty_until);
    json["first_seen_at"] = optional_time(d.first_seen_at);
    json["last_seen_at"] = optional_time(d.last_seen_at);
    Json purposes = Json::array();
    for (std::size_t i = 0; i < kPurposes.size(); ++i) {
        if ((d.consent_purposes >> i & 1U) != 0) purposes.push_back(text_of(kPurposes[i]));
    }
    json["consent_purposes"] = purposes;
    json["consent_epoch"] = d.consent_epoch;
    json["presence"] = nullptr;
    if (d.presence) {
        json["presence"] = {{"online", d.presence->online}, {"since", json_of(d.presence->since)}};
    }
    json["settings"] = nullptr;
    if (d.settings) {
        Json& settings = json["settings"];
        settings["applied_version"] = d.settings->applied_version;
        settings["wanted_version"] = d.settings->wanted_version;
        settings["refused_version"] = nullptr;
        settings["refusal"] = nullptr;
        if (d.settings->refused_version != 0) {
            settings["refused_version"] = d.settings->refused_version;
            settings["refusal"] = text_of(to_string(d.settings->refusal));
        }
    }
    return json;
}

Json json_of(const FaultRow& f) {
    Json json;
    json["device_no"] = f.device_no;
    json["stream_id"] = std::to_string(f.stream_id);  // 64 bits do not fit a JSON double
    json["seq"] = f.seq;
    json["code"] = f.code;
    json["state"] = text_of(fault_state_text(f.state));
    json["occurrences"] = f.occurrences;
    json["occurred_at"] = json_of(f.occurred_at);
    json["error_ms"] = f.error_ms;
    json["received_at"] = json_of(f.received_at);
    return json;
}

Json json_of(const Series& series, std::string_view metric) {
    Json json;
    json["metric"] = metric;
    json["bucket_s"] = series.bucket.count() / 1000;
    json["points"] = Json::array();
    for (const SeriesPoint& point : series.points) {
        json["points"].push_back(Json{{"at", json_of(point.at)},
                                      {"samples", point.sample_count},
                                      {"mean", point.mean},
                                      {"min", point.min},
                                      {"max", point.max}});
    }
    return json;
}

Json json_of(const Kpi& k) {
    Json json;
    json["id"] = k.id;
    json["section"] = k.section;
    json["title"] = k.title;
    json["definition"] = k.definition;
    json["kind"] = text_of(to_string(k.kind));
    json["unit"] = k.unit;
    json["value"] = or_null(k.value);
    json["low"] = or_null(k.low);
    json["high"] = or_null(k.high);
    json["numerator"] = number(k.numerator);
    json["denominator"] = number(k.denominator);
    json["mean"] = or_null(k.mean);
    json["median"] = or_null(k.median);
    json["p90"] = or_null(k.p90);
    json["pending"] = k.pending;
    json["numerator_ids"] = k.numerator_ids;
    json["denominator_ids"] = k.denominator_ids;
    return json;
}

Json json_of(const ModelInfo& model, const FailureMode& mode, std::string_view language) {
    const LocalText text = text_for(model, mode, language);
    Json json;
    json["id"] = mode.id;
    json["component"] = mode.component;
    json["language"] = text.language;
    json["title"] = text.title;
    json["message_key"] = mode.message_key;
    json["message"] = text.message;
    json["article"] = text.article;
    json["self_help"] = mode.self_help;
    json["remote_remedy"] = mode.remote_remedy;
    json["parts"] = mode.parts;
    json["skill"] = mode.skill;
    json["labour_min"] = number(mode.labour_min);
    return json;
}

Json json_of(const TicketDetail& detail) {
    Json json;
    json["ticket"] = json_of(detail.ticket);
    json["events"] = json_array(detail.events);
    json["contacts"] = json_array(detail.contacts);
    json["outcomes"] = json_array(detail.outcomes);
    json["watch"] = json_of_watch(detail);
    json["problem_id"] = detail.problem_id.empty() ? Json() : Json(detail.problem_id);
    return json;
}

Json json_of(const TicketDetail& detail, WallTime now) {
    Json json = json_of(detail);
    for (const SlaTarget target : {SlaTarget::first_response, SlaTarget::resolution}) {
        Json& shown = json["ticket"]["sla"][std::string(to_string(target))];
        shown["remaining_ms"] =
            detail.sla_terms
                ? Json(remaining(detail.ticket.sla, *detail.sla_terms, target, now).count())
                : Json();
    }
    return json;
}

Json json_of(const QuarantineSummary& summary) {
    Json json;
    json["tenant"] = summary.tenant.empty() ? Json() : Json(summary.tenant);
    json["reason"] = text_of(to_string(summary.reason));
    json["count"] = summary.count;
    json["last_at"] = json_of(summary.last_at);
    json["last_detail"] = summary.last_detail;
    return json;
}

Json json_of(const QuarantineSample& sample) {
    Json json;
    json["id"] = std::to_string(sample.key.ordinal);
    json["received_at"] = json_of(sample.received_at);
    json["detail"] = sample.detail;
    json["topic"] = sample.topic;
    json["size_bytes"] = sample.size_bytes;
    json["whole"] = sample.whole();
    return json;
}

Json json_of(const Counts& c) {
    Json refused = Json::object();
    for (std::size_t i = 0; i < c.totals.refused.size(); ++i) {
        if (c.totals.refused[i] == 0) continue;
        refused[std::string(to_string(static_cast<RefusalReason>(i)))] = c.totals.refused[i];
    }
    Json totals;
    totals["reports"] = c.totals.reports;
    totals["records"] = c.totals.records;
    totals["duplicate_records"] = c.totals.duplicate_records;
    totals["gap_records"] = c.totals.gap_records;
    totals["refused"] = refused;
    Json json;
    json["totals"] = totals;
    json["devices"] = c.devices;
    json["raw_reports"] = c.raw_reports;
    json["raw_records"] = c.raw_records;
    json["faults"] = c.faults;
    json["gaps"] = c.gaps;
    json["gap_records"] = c.gap_records;
    json["open_tickets"] = c.open_tickets;
    json["tickets"] = c.tickets;
    json["outcomes"] = c.outcomes;
    return json;
}

Json json_of(const CommandReply& reply) {
    constexpr std::array<std::string_view, 3> kKinds{"created", "updated", "unchanged"};
    Json json;
    json["kind"] = text_of(kKinds.at(static_cast<std::size_t>(reply.kind)));
    json["id"] = reply.id;
    json["ticket_id"] = reply.ticket_id.empty() ? Json() : Json(reply.ticket_id);
    return json;
}

Json json_of(const Page<Ticket>& page) {
    return page_of(page);
}
Json json_of(const Page<Outcome>& page) {
    return page_of(page);
}
Json json_of(const Page<DeviceInfo>& page) {
    return page_of(page);
}

Json or_null(const std::optional<double>& value) {
    return value ? number(*value) : Json();
}
Json json_of(const std::optional<Interval>& interval) {
    return interval ? Json::array({interval->low, interval->high}) : Json();
}

Json problem_json(const Error& error, int status) {
    Json json;
    json["type"] = "about:blank";
    json["title"] = text_of(to_string(error.code));
    json["status"] = status;
    json["detail"] = error.message;
    return json;
}

std::string compact_text(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}
std::string pretty_text(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace aftercare::collector
