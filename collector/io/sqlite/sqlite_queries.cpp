#include "collector/io/sqlite/sqlite_queries.hpp"

#include <algorithm>
#include <map>

#include "collector/core/sla/policy.hpp"
#include "collector/io/sqlite/centre_reader.hpp"
#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/cursor.hpp"
#include "collector/io/sqlite/event_reader.hpp"
#include "collector/io/sqlite/outcome_reader.hpp"
#include "collector/io/sqlite/problem_reader.hpp"
#include "collector/io/sqlite/quarantine_rows.hpp"
#include "collector/io/sqlite/rows.hpp"
#include "collector/io/sqlite/rule_rows.hpp"
#include "collector/io/sqlite/schema.hpp"
#include "collector/io/sqlite/series_reader.hpp"
#include "collector/ports/wrong_parameter.hpp"

namespace aftercare::collector {

using namespace sqlite;

struct SqliteQueries::Impl {
    std::string path;
    std::unique_ptr<SQLite::Database> database;
    std::map<std::string, SQLite::Statement> statements;  ///< prepared once per text

    SQLite::Statement& prepared(const std::string& sql) {
        const auto known = statements.find(sql);
        if (known != statements.end()) return known->second;
        return statements.emplace(sql, SQLite::Statement(*database, sql)).first->second;
    }
};

namespace {

/// One optional condition: its constant text, and the value bound to its `?`.
struct Condition {
    std::string_view sql;
    const std::string* value = nullptr;
};

std::string where_of(const std::vector<Condition>& conditions) {
    std::string sql;
    for (const Condition& condition : conditions) {
        sql += sql.empty() ? " WHERE " : " AND ";
        sql += condition.sql;
    }
    return sql;
}

/// The first two conditions are those of the index `ticket_alarm`.
Status add_alarm(const std::string& alarm, std::vector<Condition>& conditions) {
    if (alarm.empty()) return {};
    if (alarm != "at_risk" && alarm != "breached") {
        return wrong_parameter("sla", "\"" + alarm + "\" is unknown; one of at_risk, breached");
    }
    conditions.push_back({"is_open", nullptr});
    conditions.push_back({"(first_response_alarm <> '' OR resolution_alarm <> '')", nullptr});
    conditions.push_back(
        {"? IN (iif(contacted_at IS NULL, first_response_alarm, ''), resolution_alarm)", &alarm});
    return {};
}

/// Each says what its partial index asks for.
Status add_desk(const TicketFilter& filter, std::vector<Condition>& conditions) {
    const bool known = filter.queue == to_string(RouteQueue::unroutable) ||
                       filter.queue == to_string(RouteQueue::over_capacity);
    if (!filter.queue.empty() && !known) {
        return wrong_parameter(
            "queue", "\"" + filter.queue + "\" is unknown; one of unroutable, over_capacity");
    }
    if (!filter.queue.empty()) {
        conditions.push_back({"is_open", nullptr});
        conditions.push_back({"queue <> 'none'", nullptr});
        conditions.push_back({"queue = ?", &filter.queue});
    }
    if (!filter.assignee.empty()) {
        conditions.push_back({"assignee <> ''", nullptr});
        conditions.push_back({"assignee = ?", &filter.assignee});
    }
    if (filter.escalated) {
        conditions.push_back({"is_open", nullptr});
        conditions.push_back({"escalation_level > 0", nullptr});
    }
    return {};
}

Result<std::vector<Condition>> conditions_of(const TicketFilter& filter) {
    std::vector<Condition> conditions;
    const auto add = [&](std::string_view sql, const std::string& value) {
        if (!value.empty()) conditions.push_back({sql, &value});
    };
    add("tenant = ?", filter.tenant);
    add("device_id = ?", filter.device_id);
    add("centre = ?", filter.centre);
    add("component = ?", filter.component);
    if (filter.state == "open_any") {
        conditions.push_back({"is_open", nullptr});
    } else if (!filter.state.empty() && !parse_ticket_state(filter.state)) {
        return wrong_parameter("state",
                               "\"" + filter.state +
                                   "\" is unknown; one of open_any, open, contacted, scheduled, "
                                   "in_progress, pending_customer, on_hold, resolved, closed, "
                                   "dismissed, merged, lapsed");
    } else {
        add("state = ?", filter.state);
        const auto state = parse_ticket_state(filter.state);
        // What it implies lets the index of open ones serve.
        if (state && is_open(*state)) conditions.push_back({"is_open", nullptr});
    }
    if (!filter.origin.empty() && !parse_origin(filter.origin)) {
        return wrong_parameter(
            "origin",
            "\"" + filter.origin + "\" is unknown; one of predicted, reactive, verification");
    }
    add("origin = ?", filter.origin);
    if (Status sla = add_alarm(filter.sla, conditions); !sla) return fail(sla.error());
    if (Status desk = add_desk(filter, conditions); !desk) return fail(desk.error());
    return conditions;
}

std::uint64_t scalar(SQLite::Statement& select) {
    const Use use(select);
    return select.executeStep() ? Row(select).bits() : 0;
}

}  // namespace

SqliteQueries::SqliteQueries() : impl_(std::make_unique<Impl>()) {}
SqliteQueries::~SqliteQueries() = default;

Result<std::unique_ptr<SqliteQueries>> SqliteQueries::open(const std::string& path) {
    return guarded(path, [&]() -> Result<std::unique_ptr<SqliteQueries>> {
        std::unique_ptr<SqliteQueries> queries(new SqliteQueries);
        queries->impl_->path = path;
        queries->impl_->database = connect(path, {.access = Access::read});
        Status ready = prepare_schema(*queries->impl_->database, path, Upgrade::never);
        if (!ready) return fail(ready.error());
        return queries;
    });
}

Result<Page<Ticket>> SqliteQueries::tickets(const TicketFilter& filter) {
    return guarded(impl_->path, [&]() -> Result<Page<Ticket>> {
        const Result<Cursor> after = start_of(filter.cursor, filter.limit, {'t', 0, {}});
        if (!after) return fail(after.error());
        Result<std::vector<Condition>> conditions = conditions_of(filter);
        if (!conditions) return fail(conditions.error());
        const bool goes_on = !filter.cursor.empty();
        if (goes_on) conditions->push_back({"(opened_at, ticket_id) < (?, ?)", nullptr});
        SQLite::Statement& select = impl_->prepared(
            "SELECT " + std::string(kTicketColumns) + " FROM ticket" + where_of(*conditions) +
            " ORDER BY opened_at DESC, ticket_id DESC LIMIT ?");
        const Use use(select);
        Binder binder(select);
        for (const Condition& condition : *conditions) {
            if (condition.value != nullptr) binder.text(*condition.value);
        }
        if (goes_on) binder.integer(after->number).text(after->id);
        binder.bits(rows_of_page(filter.limit));
        return read_page<Ticket>(select, filter.limit, read_ticket, [](const Ticket& last) {
            return Cursor{'t', unix_ms(last.opened_at), last.id};
        });
    });
}

Result<TicketDetail> SqliteQueries::ticket(const std::string& id) {
    return guarded(impl_->path, [&]() -> Result<TicketDetail> {
        const Snapshot snapshot(*impl_->database);
        const auto select = [&](const std::string& sql) -> SQLite::Statement& {
            SQLite::Statement& statement = impl_->prepared(sql);
            Binder(statement).text(id);
            return statement;
        };
        TicketDetail detail;
        SQLite::Statement& ticket =
            select("SELECT " + std::string(kTicketColumns) + " FROM ticket WHERE ticket_id = ?");
        const Use use_ticket(ticket);
        if (!ticket.executeStep())
            return fail(Errc::not_found, "there is no ticket \"" + id + "\"");
        Row row(ticket);
        detail.ticket = read_ticket(row);
        SQLite::Statement& events = select("SELECT " + std::string(kEventColumns) +
                                           " FROM ticket_event WHERE ticket_id = ? ORDER BY no");
        const Use use_events(events);
        detail.events = read_events(events);
        SQLite::Statement& contacts =
            select("SELECT " + std::string(kContactColumns) +
                   " FROM contact WHERE ticket_id = ? ORDER BY at, contact_id");
        const Use use_contacts(contacts);
        detail.contacts = read_contacts(contacts);
        SQLite::Statement& outcomes =
            select("SELECT " + std::string(kOutcomeColumns) +
                   " FROM outcome WHERE ticket_id = ? ORDER BY at, outcome_id");
        const Use use_outcomes(outcomes);
        SQLite::Statement& parts =
            select("SELECT " + std::string(kPartColumns) +
                   " FROM outcome JOIN outcome_part USING (tenant, outcome_id) WHERE ticket_id = ? "
                   "ORDER BY outcome_part.outcome_id, no");
        const Use use_parts(parts);
        detail.outcomes = read_outcomes(outcomes, parts);
        SQLite::Statement& terms = impl_->prepared("SELECT text FROM sla_terms WHERE terms_id = ?");
        const Use use_terms(terms);
        Binder(terms).text(detail.ticket.sla.terms);
        if (terms.executeStep()) {
            Result<SlaTerms> known = parse_terms(detail.ticket.sla.terms, Row(terms).text());
            if (!known) return fail(known.error());
            detail.sla_terms = std::move(*known);
        }
        SQLite::Statement& watch =
            select("SELECT " + std::string(kWatchColumns) + " FROM watch WHERE ticket_id = ?");
        const Use use_watch(watch);
        if (watch.executeStep()) {
            Row seen(watch);
            detail.watch = read_watch(seen);
        }
        detail.problem_id = problem_of_ticket(*impl_->database, id);
        return detail;
    });
}

Result<Page<Outcome>> SqliteQueries::outcomes(const OutcomeFilter& filter) {
    return guarded(impl_->path, [&] {
        const Snapshot snapshot(*impl_->database);
        return read_outcome_page(*impl_->database, filter);
    });
}

Result<Outcome> SqliteQueries::outcome(const std::string& tenant, const std::string& id) {
    return guarded(impl_->path, [&] {
        const Snapshot snapshot(*impl_->database);
        return read_one_outcome(*impl_->database, tenant, id);
    });
}

Result<std::vector<CentreLoad>> SqliteQueries::centre_loads(const std::string& tenant) {
    return guarded(impl_->path, [&] { return read_centre_loads(*impl_->database, tenant); });
}

Result<Page<Problem>> SqliteQueries::problems(const ProblemFilter& filter) {
    return guarded(impl_->path, [&] { return read_problem_page(*impl_->database, filter); });
}

Result<ProblemDetail> SqliteQueries::problem(const ProblemDeviceFilter& filter) {
    return guarded(impl_->path, [&] {
        const Snapshot snapshot(*impl_->database);
        return read_problem_detail(*impl_->database, filter);
    });
}

Result<Page<DeviceInfo>> SqliteQueries::devices(const DeviceFilter& filter) {
    return guarded(impl_->path, [&]() -> Result<Page<DeviceInfo>> {
        const Result<Cursor> after = start_of(filter.cursor, filter.limit, {'d', 0, {}});
        if (!after) return fail(after.error());
        std::vector<Condition> conditions{{"device_no > ?", nullptr}};
        if (!filter.tenant.empty()) conditions.push_back({"tenant = ?", &filter.tenant});
        if (!filter.model.empty()) conditions.push_back({"model = ?", &filter.model});
        SQLite::Statement& select =
            impl_->prepared("SELECT " + std::string(kWholeDevice) + where_of(conditions) +
                            " ORDER BY device_no LIMIT ?");
        const Use use(select);
        Binder binder(select);
        binder.integer(after->number);
        for (const Condition& condition : conditions) {
            if (condition.value != nullptr) binder.text(*condition.value);
        }
        binder.bits(rows_of_page(filter.limit));
        return read_page<DeviceInfo>(select, filter.limit, read_whole_device,
                                     [](const DeviceInfo& last) {
                                         return Cursor{'d', last.no, {}};
                                     });
    });
}

Result<DeviceInfo> SqliteQueries::device(const std::string& tenant, const std::string& device_id) {
    return guarded(impl_->path, [&]() -> Result<DeviceInfo> {
        SQLite::Statement& select = impl_->prepared("SELECT " + std::string(kWholeDevice) +
                                                    " WHERE tenant = ? AND device_id = ?");
        const Use use(select);
        Binder(select).text(tenant).text(device_id);
        if (!select.executeStep()) {
            return fail(Errc::not_found,
                        "tenant \"" + tenant + "\" has no device \"" + device_id + "\"");
        }
        Row row(select);
        return read_whole_device(row);
    });
}

Result<std::vector<FaultRow>> SqliteQueries::faults(DeviceNo device_no, std::size_t limit) {
    return guarded(impl_->path, [&]() -> Result<std::vector<FaultRow>> {
        SQLite::Statement& select = impl_->prepared(
            "SELECT fault.device_no, stream_id, seq, code, state, occurrences, occurred_at, "
            "error_ms, "
            "received_at FROM fault JOIN stream USING (stream_no) WHERE fault.device_no = ? "
            "ORDER BY occurred_at DESC, stream_no DESC, seq DESC LIMIT ?");
        const Use use(select);
        Binder(select).integer(device_no).bits(limit);
        std::vector<FaultRow> faults;
        while (select.executeStep()) {
            Row row(select);
            FaultRow fault;
            fault.device_no = row.count();
            fault.stream_id = row.bits();
            fault.seq = row.bits();
            fault.code = row.count();
            fault.state = static_cast<FaultState>(row.integer());
            fault.occurrences = row.count();
            fault.occurred_at = row.time();
            fault.error_ms = row.integer();
            fault.received_at = row.time();
            faults.push_back(fault);
        }
        return faults;
    });
}

Result<Series> SqliteQueries::telemetry(const SeriesFilter& filter) {
    return guarded(impl_->path, [&]() -> Result<Series> {
        const Snapshot snapshot(*impl_->database);
        return read_series(*impl_->database, filter);
    });
}

Result<KpiRows> SqliteQueries::kpi_rows() {
    return guarded(impl_->path, [&]() -> Result<KpiRows> {
        const Snapshot snapshot(*impl_->database);
        KpiRows rows;
        SQLite::Statement& devices = impl_->prepared("SELECT " + std::string(kDeviceColumns) +
                                                     " FROM device ORDER BY device_no");
        const Use use_devices(devices);
        while (devices.executeStep()) {
            Row row(devices);
            rows.devices.push_back(read_device(row));
        }
        SQLite::Statement& tickets = impl_->prepared("SELECT " + std::string(kTicketColumns) +
                                                     " FROM ticket ORDER BY opened_at, ticket_id");
        const Use use_tickets(tickets);
        while (tickets.executeStep()) {
            Row row(tickets);
            rows.tickets.push_back(read_ticket(row));
        }
        SQLite::Statement& events = impl_->prepared(
            "SELECT " + std::string(kEventColumns) +
            " FROM ticket_event WHERE to_state IS NOT NULL AND from_state IS NOT to_state "
            "ORDER BY ticket_id, no");
        const Use use_events(events);
        rows.state_events = read_events(events);
        SQLite::Statement& contacts =
            impl_->prepared("SELECT " + std::string(kContactColumns) +
                            " FROM contact ORDER BY at, contact_id, tenant");
        const Use use_contacts(contacts);
        rows.contacts = read_contacts(contacts);
        SQLite::Statement& outcomes =
            impl_->prepared("SELECT " + std::string(kOutcomeColumns) +
                            " FROM outcome ORDER BY at, outcome_id, tenant");
        const Use use_outcomes(outcomes);
        SQLite::Statement& parts =
            impl_->prepared("SELECT " + std::string(kPartColumns) +
                            " FROM outcome_part ORDER BY tenant, outcome_id, no");
        const Use use_parts(parts);
        rows.outcomes = read_outcomes(outcomes, parts);
        return rows;
    });
}

Result<RuleRows> SqliteQueries::rule_rows() {
    return guarded(impl_->path, [&]() -> Result<RuleRows> {
        const Snapshot snapshot(*impl_->database);
        return RuleRows{read_trials(*impl_->database),
                        read_standings(*impl_->database, StandingRows::all)};
    });
}

Result<std::vector<QuarantineSummary>> SqliteQueries::quarantine(const OwnerFilter& tenant) {
    return guarded(impl_->path, [&]() -> Result<std::vector<QuarantineSummary>> {
        return read_refusals(*impl_->database, tenant);
    });
}

Result<std::vector<QuarantineSample>> SqliteQueries::quarantine_samples(RefusalReason reason,
                                                                        const OwnerFilter& tenant) {
    return guarded(impl_->path, [&]() -> Result<std::vector<QuarantineSample>> {
        return read_samples(*impl_->database, reason, tenant);
    });
}

Result<Counts> SqliteQueries::counts() {
    return guarded(impl_->path, [&]() -> Result<Counts> {
        const Snapshot snapshot(*impl_->database);
        const auto count = [&](const std::string& expression_and_table) {
            return scalar(impl_->prepared("SELECT " + expression_and_table));
        };
        Counts counts;
        counts.totals.reports = count("reports FROM totals");
        counts.totals.records = count("records FROM totals");
        counts.totals.duplicate_records = count("duplicate_records FROM totals");
        counts.totals.gap_records = count("gap_records FROM totals");
        for (const RefusalCount& refused : read_refusal_counts(*impl_->database)) {
            counts.totals.refused[static_cast<std::size_t>(refused.reason)] += refused.count;
        }
        counts.devices = count("count(*) FROM device");
        counts.raw_reports = count("count(*) FROM young_report") +
                             count("coalesce(sum(report_count), 0) FROM chunk");
        counts.raw_records = count("coalesce(sum(record_count), 0) FROM young_report") +
                             count("coalesce(sum(record_count), 0) FROM chunk");
        counts.expired_records = count("coalesce(sum(record_count), 0) FROM expired");
        counts.chunks = count("count(*) FROM chunk");
        counts.faults = count("count(*) FROM fault");
        counts.gaps = count("count(*) FROM gap");
        counts.gap_records = count("coalesce(sum(last_seq - first_seq + 1), 0) FROM gap");
        counts.open_tickets = count("count(*) FROM ticket WHERE is_open");
        counts.tickets = count("count(*) FROM ticket");
        counts.outcomes = count("count(*) FROM outcome");
        return counts;
    });
}

Result<AnswerRow> SqliteQueries::answer(const std::string& tenant, const std::string& token,
                                        const std::string& key) {
    return guarded(impl_->path, [&] { return read_answer(*impl_->database, tenant, token, key); });
}

Result<EventPage> SqliteQueries::events(const EventFilter& filter) {
    return guarded(impl_->path, [&]() -> Result<EventPage> {
        return read_placed_events(*impl_->database, filter);
    });
}

Result<std::uint64_t> SqliteQueries::newest_event() {
    return guarded(impl_->path,
                   [&]() -> Result<std::uint64_t> { return newest_position(*impl_->database); });
}

}  // namespace aftercare::collector
