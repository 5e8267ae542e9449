#include "collector/io/sqlite/rows.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <vector>

#include "common/words.hpp"

namespace aftercare::collector::sqlite {

namespace {

std::vector<std::string> split_columns(std::string_view columns) {
    std::vector<std::string> names;
    while (!columns.empty()) {
        const std::size_t end = std::min(columns.find(", "), columns.size());
        names.emplace_back(columns.substr(0, end));
        columns.remove_prefix(std::min(end + 2, columns.size()));
    }
    return names;
}

}  // namespace

Binder& Binder::integer(std::int64_t value) {
    statement_.bind(index_++, value);
    return *this;
}
Binder& Binder::real(double value) {
    statement_.bind(index_++, value);
    return *this;
}
Binder& Binder::text(const std::string& value) {
    statement_.bindNoCopy(index_++, value);
    return *this;
}
Binder& Binder::text(std::string_view value) {
    statement_.bind(index_++, std::string(value));
    return *this;
}
Binder& Binder::text_or_null(const std::string& value) {
    return value.empty() ? null() : text(value);
}
Binder& Binder::blob(std::string_view bytes) {
    // A null pointer would bind NULL instead of an empty blob.
    statement_.bindNoCopy(index_++, static_cast<const void*>(bytes.empty() ? "" : bytes.data()),
                          static_cast<int>(bytes.size()));
    return *this;
}
Binder& Binder::time(std::optional<WallTime> at) {
    return at ? time(*at) : null();
}
Binder& Binder::null() {
    statement_.bind(index_++);
    return *this;
}

std::optional<WallTime> Row::optional_time() {
    if (null_next()) return std::nullopt;
    return time();
}
std::optional<bool> Row::optional_flag() {
    if (null_next()) return std::nullopt;
    return flag();
}
bool Row::null_next() {
    if (!statement_.isColumnNull(index_)) return false;
    ++index_;
    return true;
}
void Row::unknown_name(const std::string& value) {
    throw std::runtime_error("a stored name is unknown to this program: \"" + value +
                             "\"; use the program version that wrote it");
}

void bind(Binder& binder, const DeviceInfo& d) {
    binder.integer(d.no).text(d.tenant).text(d.device_id).text(d.model).text(d.firmware);
    binder.text(d.serial).text(d.customer_id).text(d.region).text(d.language).text(d.segment);
    binder.text(d.centre).time(d.installed_at).time(d.warranty_until).time(d.first_seen_at);
    binder.time(d.last_seen_at).integer(d.consent_purposes).integer(d.consent_epoch);
}

DeviceInfo read_device(Row& row) {
    DeviceInfo d;
    d.no = row.count();
    d.tenant = row.text();
    d.device_id = row.text();
    d.model = row.text();
    d.firmware = row.text();
    d.serial = row.text();
    d.customer_id = row.text();
    d.region = row.text();
    d.language = row.text();
    d.segment = row.text();
    d.centre = row.text();
    d.installed_at = row.optional_time();
    d.warranty_until = row.optional_time();
    d.first_seen_at = row.optional_time();
    d.last_seen_at = row.optional_time();
    d.consent_purposes = row.count();
    d.consent_epoch = row.count();
    return d;
}

void bind(Binder& binder, const SettingsRow& row) {
    const DeviceSettings& s = row.settings;
    binder.integer(row.device_no).integer(s.applied_version).integer(s.wanted_version);
    binder.integer(s.refused_version).text(to_string(s.refusal));
}

void bind(Binder& binder, const PresenceRow& row) {
    binder.integer(row.device_no).integer(row.presence.online).time(row.presence.since);
}

namespace {

DeviceSettings settings_of(Row& row, std::uint32_t applied_version) {
    DeviceSettings settings;
    settings.applied_version = applied_version;
    settings.wanted_version = row.count();
    settings.refused_version = row.count();
    settings.refusal = row.name(parse_config_refusal);
    return settings;
}

}  // namespace

SettingsRow read_settings(Row& row) {
    const DeviceNo no = row.count();
    return {no, settings_of(row, row.count())};
}

PresenceRow read_presence(Row& row) {
    const DeviceNo no = row.count();
    const bool online = row.flag();
    return {no, {online, row.time()}};
}

DeviceInfo read_whole_device(Row& row) {
    DeviceInfo device = read_device(row);
    const std::optional<bool> online = row.optional_flag();
    const std::optional<WallTime> since = row.optional_time();
    if (online && since) device.presence = DevicePresence{*online, *since};
    if (!row.null_next()) device.settings = settings_of(row, row.count());
    return device;
}

namespace {

constexpr std::string_view kAlarmAtRisk = "at_risk";
constexpr std::string_view kAlarmBreached = "breached";

void bind_target(Binder& binder, const TargetClock& clock) {
    const std::string_view alarm = clock.breached  ? kAlarmBreached
                                   : clock.at_risk ? kAlarmAtRisk
                                                   : std::string_view{};
    binder.integer(clock.spent.count()).time(clock.at_risk_at).text(alarm);
}

void read_target(Row& row, TargetClock& clock) {
    clock.spent = milliseconds{row.integer()};
    clock.at_risk_at = row.optional_time();
    const std::string alarm = row.text();
    clock.breached = alarm == kAlarmBreached;
    clock.at_risk = clock.breached || alarm == kAlarmAtRisk;
}

void bind_work(Binder& binder, const DeskWork& work) {
    binder.text(work.assignee).integer(work.escalation_level).integer(work.escalation_count);
    binder.integer(work.comment_count).text(to_string(work.queue)).text(work.route_reason);
    binder.time(work.routed_at).text(work.merged_into);
}

void read_work(Row& row, DeskWork& work) {
    work.assignee = row.text();
    work.escalation_level = row.count();
    work.escalation_count = row.count();
    work.comment_count = row.count();
    work.queue = row.name(&parse_route_queue);
    work.route_reason = row.text();
    work.routed_at = row.optional_time();
    work.merged_into = row.text();
}

}  // namespace

void bind(Binder& binder, const Ticket& t) {
    binder.text(t.id).text(t.tenant).integer(t.device_no).text(t.device_id).text(t.model);
    binder.text(t.firmware).text(t.component).text(t.failure_mode).text(to_string(t.origin));
    binder.text(to_string(t.severity)).text(to_string(t.state)).text(t.rule).real(t.probability);
    binder.real(t.horizon_h).text(t.evidence_json).time(t.detected_at).time(t.opened_at);
    binder.time(t.contacted_at);
    if (t.first_contact_outbound) {
        binder.integer(*t.first_contact_outbound);
    } else {
        binder.null();
    }
    binder.time(t.first_outbound_at).time(t.resolved_at).time(t.closed_at).time(t.failed_at);
    if (t.outcome) {
        binder.text(to_string(*t.outcome));
    } else {
        binder.null();
    }
    binder.text(to_string(t.decision)).text(t.centre).text(t.region).text(t.segment);
    binder.text(to_string(t.warranty))
        .time(t.sla.first_response.due_at)
        .time(t.sla.resolution.due_at);
    binder.integer(t.contact_count).integer(t.visit_count).integer(t.reopened_count);
    binder.integer(t.not_solvable_at_first_contact).integer(t.self_service);
    binder.text(t.avoidable_cause).text(t.recurs_of).integer(t.detection_count).integer(t.version);
    binder.text(t.sla.terms).time(t.sla.running_since);
    bind_target(binder, t.sla.first_response);
    bind_target(binder, t.sla.resolution);
    bind_work(binder, t.work);
    binder.time(t.verified_at);
}

Ticket read_ticket(Row& row) {
    Ticket t;
    t.id = row.text();
    t.tenant = row.text();
    t.device_no = row.count();
    t.device_id = row.text();
    t.model = row.text();
    t.firmware = row.text();
    t.component = row.text();
    t.failure_mode = row.text();
    t.origin = row.name(&parse_origin);
    t.severity = row.name(&parse_severity);
    t.state = row.name(&parse_ticket_state);
    t.rule = row.text();
    t.probability = row.real();
    t.horizon_h = row.real();
    t.evidence_json = row.text();
    t.detected_at = row.time();
    t.opened_at = row.time();
    t.contacted_at = row.optional_time();
    t.first_contact_outbound = row.optional_flag();
    t.first_outbound_at = row.optional_time();
    t.resolved_at = row.optional_time();
    t.closed_at = row.optional_time();
    t.failed_at = row.optional_time();
    t.outcome = row.optional_name(&parse_outcome_code);
    t.decision = row.name(&parse_decision);
    t.centre = row.text();
    t.region = row.text();
    t.segment = row.text();
    t.warranty = row.name(&parse_warranty_state);
    t.sla.first_response.due_at = row.optional_time();
    t.sla.resolution.due_at = row.optional_time();
    t.contact_count = row.count();
    t.visit_count = row.count();
    t.reopened_count = row.count();
    t.not_solvable_at_first_contact = row.flag();
    t.self_service = row.flag();
    t.avoidable_cause = row.text();
    t.recurs_of = row.text();
    t.detection_count = row.count();
    t.version = row.count();
    t.sla.terms = row.text();
    t.sla.running_since = row.optional_time();
    read_target(row, t.sla.first_response);
    t.sla.first_response.met = t.contacted_at.has_value();
    read_target(row, t.sla.resolution);
    read_work(row, t.work);
    t.verified_at = row.optional_time();
    return t;
}

void bind(Binder& binder, const Watch& w) {
    binder.text(w.ticket_id).integer(w.device_no).text(to_string(w.state)).time(w.since);
    binder.time(w.until).integer(w.record_count).integer(w.cycle_count);
    binder.time(w.last_at).time(w.ended_at);
}

Watch read_watch(Row& row) {
    Watch w;
    w.ticket_id = row.text();
    w.device_no = row.count();
    w.state = row.name(&parse_watch_state);
    w.since = row.time();
    w.until = row.time();
    w.record_count = row.count();
    w.cycle_count = row.count();
    w.last_at = row.optional_time();
    w.ended_at = row.optional_time();
    return w;
}

void bind(Binder& binder, const TicketEvent& e) {
    binder.text(e.ticket_id).integer(e.no).time(e.at).text(e.who).text(e.kind);
    for (const auto& state : {e.from, e.to}) {
        if (state) {
            binder.text(to_string(*state));
        } else {
            binder.null();
        }
    }
    binder.text(e.why).text(e.value);
}

TicketEvent read_event(Row& row) {
    TicketEvent e;
    e.ticket_id = row.text();
    e.no = row.count();
    e.at = row.time();
    e.who = row.text();
    e.kind = row.text();
    e.from = row.optional_name(&parse_ticket_state);
    e.to = row.optional_name(&parse_ticket_state);
    e.why = row.text();
    e.value = row.text();
    return e;
}

void bind(Binder& binder, const Contact& c) {
    binder.text(c.tenant).text(c.id).text_or_null(c.ticket_id).integer(c.device_no).time(c.at);
    binder.text(to_string(c.direction)).text(to_string(c.channel)).text(c.message_key);
    binder.text(c.result).text(c.note);
}

Contact read_contact(Row& row) {
    Contact c;
    c.tenant = row.text();
    c.id = row.text();
    c.ticket_id = row.text();
    c.device_no = row.count();
    c.at = row.time();
    c.direction = row.name(&parse_direction);
    c.channel = row.name(&parse_channel);
    c.message_key = row.text();
    c.result = row.text();
    c.note = row.text();
    return c;
}

void bind(Binder& binder, const Outcome& o) {
    binder.text(o.tenant).text(o.id).integer(o.device_no).text(o.device_id);
    binder.text_or_null(o.ticket_id).time(o.at).text(to_string(o.code)).text(o.component);
    binder.text(o.failure_mode).time(o.failed_at).integer(o.visit_count).real(o.labour_min);
    binder.text(o.avoidable_cause).integer(o.not_solvable_at_first_contact).text(o.note);
    binder.real(o.match_score).text(o.match_reason).text(o.centre).text(to_string(o.review));
    binder.text(o.candidates_json);
}

Outcome read_outcome(Row& row) {
    Outcome o;
    o.tenant = row.text();
    o.id = row.text();
    o.device_no = row.count();
    o.device_id = row.text();
    o.ticket_id = row.text();
    o.at = row.time();
    o.code = row.name(&parse_outcome_code);
    o.component = row.text();
    o.failure_mode = row.text();
    o.failed_at = row.optional_time();
    o.visit_count = row.count();
    o.labour_min = row.real();
    o.avoidable_cause = row.text();
    o.not_solvable_at_first_contact = row.flag();
    o.note = row.text();
    o.match_score = row.real();
    o.match_reason = row.text();
    o.centre = row.text();
    o.review = row.name(&parse_review);
    o.candidates_json = row.text();
    return o;
}

std::vector<TicketEvent> read_events(SQLite::Statement& select) {
    std::vector<TicketEvent> events;
    while (select.executeStep()) {
        Row row(select);
        events.push_back(read_event(row));
    }
    return events;
}

std::vector<Contact> read_contacts(SQLite::Statement& select) {
    std::vector<Contact> contacts;
    while (select.executeStep()) {
        Row row(select);
        contacts.push_back(read_contact(row));
    }
    return contacts;
}

std::vector<Outcome> read_outcomes(SQLite::Statement& select, SQLite::Statement& parts) {
    std::vector<Outcome> outcomes;
    std::map<std::pair<std::string, std::string>, std::size_t> position;
    while (select.executeStep()) {
        Row row(select);
        outcomes.push_back(read_outcome(row));
        position[{outcomes.back().tenant, outcomes.back().id}] = outcomes.size() - 1;
    }
    while (parts.executeStep()) {
        Row row(parts);
        std::string tenant = row.text();
        const auto owner = position.find({std::move(tenant), row.text()});
        if (owner == position.end()) continue;
        Part part{row.text(), row.text(), row.text()};
        outcomes[owner->second].parts.push_back(std::move(part));
    }
    return outcomes;
}

std::string upsert_sql(std::string_view table, std::string_view columns, std::size_t key_count) {
    const std::vector<std::string> names = split_columns(columns);
    std::vector<std::string> marks(names.size(), "?");
    std::vector<std::string> keys(names.begin(),
                                  names.begin() + static_cast<std::ptrdiff_t>(key_count));
    std::vector<std::string> changes;
    for (std::size_t i = key_count; i < names.size(); ++i) {
        changes.push_back(names[i] + " = excluded." + names[i]);
    }
    return "INSERT INTO " + std::string(table) + "(" + std::string(columns) + ") VALUES (" +
           joined(marks) + ") ON CONFLICT(" + joined(keys) + ") DO UPDATE SET " + joined(changes);
}

}  // namespace aftercare::collector::sqlite
