#include "collector/io/sqlite/commit_writer.hpp"

#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/problem_rows.hpp"
#include "collector/io/sqlite/quarantine_rows.hpp"
#include "collector/io/sqlite/rows.hpp"
#include "collector/io/sqlite/rule_rows.hpp"
#include "collector/io/sqlite/sla_rows.hpp"
#include "common/hash.hpp"

namespace aftercare::collector::sqlite {

namespace {

// Tenant and id of a device never change; leaving them out of the update spares their index.
constexpr std::string_view kUpsertDevice =
    "INSERT INTO device(device_no, tenant, device_id, model, firmware, serial, customer_id, "
    "region, "
    "language, segment, centre, installed_at, warranty_until, first_seen_at, last_seen_at, "
    "consent_purposes, consent_epoch, state) VALUES "
    "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18) "
    "ON CONFLICT(device_no) DO UPDATE SET model = ?4, firmware = ?5, serial = ?6, customer_id = "
    "?7, "
    "region = ?8, language = ?9, segment = ?10, centre = ?11, installed_at = ?12, "
    "warranty_until = ?13, first_seen_at = ?14, last_seen_at = ?15, consent_purposes = ?16, "
    "consent_epoch = ?17, state = ?18 WHERE tenant = ?2 AND device_id = ?3";

/// Everything of it that changes seldom; never 0.
std::uint64_t hash_of(const DeviceInfo& info) {
    Hash64 hash;
    for (const std::string* text :
         {&info.tenant, &info.device_id, &info.model, &info.firmware, &info.serial,
          &info.customer_id, &info.region, &info.language, &info.segment, &info.centre}) {
        hash.add(*text);
        hash.add("\n");
    }
    const auto add_time = [&](const std::optional<WallTime>& at) {
        hash.add(static_cast<std::uint64_t>(at ? unix_ms(*at) : -1));
    };
    add_time(info.installed_at);
    add_time(info.warranty_until);
    add_time(info.first_seen_at);
    hash.add(std::uint64_t{info.consent_purposes} << 32 | info.consent_epoch);
    return hash.value() | 1;
}

}  // namespace

struct CommitWriter::Statements {
    explicit Statements(SQLite::Database& db) : database(db) {}

    SQLite::Database& database;
    SQLite::Statement device{database, std::string(kUpsertDevice)};
    /// Another number than last time: somebody else has written.
    SQLite::Statement data_version{database, "PRAGMA data_version"};
    SQLite::Statement device_state{
        database, "UPDATE device SET last_seen_at = ?2, state = ?3 WHERE device_no = ?1"};
    SQLite::Statement settings{database, upsert_sql("device_settings", kSettingsColumns, 1)};
    SQLite::Statement presence{database, upsert_sql("device_presence", kPresenceColumns, 1)};
    SQLite::Statement find_stream{
        database,
        "SELECT stream_no, high_water_urgent, high_water_bulk FROM stream "
        "WHERE device_no = ? AND stream_id = ?"};
    SQLite::Statement add_stream{
        database,
        "INSERT INTO stream(device_no, stream_id, high_water_urgent, high_water_bulk, last_at) "
        "VALUES (?, ?, 0, 0, 0)"};
    SQLite::Statement mark_stream{
        database,
        "UPDATE stream SET high_water_urgent = max(high_water_urgent, ?2), "
        "high_water_bulk = max(high_water_bulk, ?3), last_at = ?4 WHERE stream_no = ?1"};
    SQLite::Statement raw{
        database,
        "INSERT INTO raw_report(device_no, stream_no, lane, first_seq, last_seq, record_count, t0, "
        "received_at, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"};
    SQLite::Statement fault{
        database,
        upsert_sql("fault",
                   "device_no, stream_no, seq, code, state, occurrences, occurred_at, error_ms, "
                   "received_at",
                   3)};
    SQLite::Statement gap{
        database,
        upsert_sql("gap", "device_no, stream_no, lane, first_seq, last_seq, received_at", 4)};
    QuarantineWriter quarantine{database};
    SQLite::Statement ticket{database, upsert_sql("ticket", kTicketColumns, 1)};
    SQLite::Statement event{database, upsert_sql("ticket_event", kEventColumns, 2)};
    SQLite::Statement contact{database, upsert_sql("contact", kContactColumns, 2)};
    SQLite::Statement outcome{database, upsert_sql("outcome", kOutcomeColumns, 2)};
    SQLite::Statement drop_parts{database,
                                 "DELETE FROM outcome_part WHERE tenant = ? AND outcome_id = ?"};
    SQLite::Statement part{
        database,
        "INSERT INTO outcome_part(tenant, outcome_id, no, number, old_serial, new_serial) "
        "VALUES (?, ?, ?, ?, ?, ?)"};
    SQLite::Statement trial{database, upsert_sql("trial", kTrialColumns, 1)};
    SQLite::Statement standing{database, upsert_sql("rule_standing", kStandingColumns, 2)};
    SQLite::Statement sla_terms{database, std::string(kInsertTerms)};
    SQLite::Statement answer{
        database,
        "INSERT OR REPLACE INTO kept_answer(tenant, token, key, fingerprint, at, status, body, "
        "turn) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1 + coalesce((SELECT max(turn) FROM kept_answer "
        "WHERE tenant = ?1 AND token = ?2), 0))"};
    SQLite::Statement surplus_answers{
        database,
        "DELETE FROM kept_answer WHERE tenant = ?1 AND token = ?2 AND turn <= (SELECT max(turn) "
        "FROM kept_answer WHERE tenant = ?1 AND token = ?2) - ?3"};
    /// Two at a time, so that they go faster than they come.
    SQLite::Statement old_answers{
        database,
        "DELETE FROM kept_answer WHERE tenant = ?1 AND token = ?2 AND at < ?3 AND turn <= (SELECT "
        "min(turn) + 1 FROM kept_answer WHERE tenant = ?1 AND token = ?2)"};
    SQLite::Statement desk_done{
        database, "DELETE FROM desk_due WHERE ticket_id = ? AND centre = ? AND version <= ?"};
    SQLite::Statement desk_due{database, upsert_sql("desk_due", kDeskDueColumns, 2)};
    SQLite::Statement problem{database, upsert_sql("problem", kProblemColumns, 1)};
    SQLite::Statement problem_device{database,
                                     upsert_sql("problem_device", kProblemDeviceColumns, 2)};
    SQLite::Statement problem_event{database, upsert_sql("problem_event", kProblemEventColumns, 2)};
    SQLite::Statement watch{database, upsert_sql("watch", kWatchColumns, 1)};
    SQLite::Statement totals{
        database,
        "UPDATE totals SET reports = ?, records = ?, duplicate_records = ?, gap_records = ?"};
};

CommitWriter::CommitWriter(SQLite::Database& database)
    : statements_(std::make_unique<Statements>(database)) {}
CommitWriter::~CommitWriter() = default;

Result<bool> CommitWriter::write(const Commit& commit) {
    forget_what_may_have_changed();
    ++turn_;
    switch (freshness(commit)) {
        case Freshness::stored:
            return false;
        case Freshness::mixed:
            return fail(Errc::conflict,
                        "the commit would store records twice; nothing of it was kept");
        case Freshness::fresh:
            break;
    }
    if (Status devices = write_devices(commit); !devices) return fail(devices.error());
    write_telemetry(commit);
    statements_->quarantine.write(commit);
    write_desk(commit);
    write_answers(commit);
    write_desk_due(commit);
    write_totals(commit.totals);
    return true;
}

void CommitWriter::forget_what_may_have_changed() {
    SQLite::Statement& version = statements_->data_version;
    const Use use(version);
    const std::int64_t seen = version.executeStep() ? Row(version).integer() : 0;
    if (!remembers_ || seen != data_version_ || streams_.size() > kRememberedMax) {
        streams_.clear();
        infos_.clear();
    }
    data_version_ = seen;
    remembers_ = false;
}

bool CommitWriter::info_is_stored(const DeviceInfo& info) const {
    return info.no < infos_.size() && infos_[info.no] == hash_of(info);
}

void CommitWriter::remember_info(const DeviceInfo& info) {
    if (info.no > kRememberedMax) return;
    if (infos_.size() <= info.no) infos_.resize(info.no + std::size_t{1});
    infos_[info.no] = hash_of(info);
}

CommitWriter::StreamMark& CommitWriter::stream(DeviceNo device_no, std::uint64_t stream_id) {
    const auto [entry, added] = streams_.try_emplace({device_no, stream_id});
    StreamMark& mark = entry->second;
    if (mark.turn != turn_) mark.reached = {};
    mark.turn = turn_;
    if (!added) return mark;
    SQLite::Statement& find = statements_->find_stream;
    const Use use(find);
    Binder(find).integer(device_no).bits(stream_id);
    if (find.executeStep()) {
        Row row(find);
        mark.stream_no = row.integer();
        mark.stored = {row.bits(), row.bits()};
    } else {
        Binder(statements_->add_stream).integer(device_no).bits(stream_id);
        statements_->add_stream.exec();
        mark.stream_no = statements_->database.getLastInsertRowid();
    }
    return mark;
}

/// Marks are stored with the records they count, so a record at or below its mark is stored. That
/// makes applying a commit twice harmless without any number or hash: all of its records are
/// stored, or none.
CommitWriter::Freshness CommitWriter::freshness(const Commit& commit) {
    std::size_t stored_count = 0;
    for (const RawReport& raw : commit.raw) {
        StreamMark& mark = stream(raw.device_no, raw.stream_id);
        Seq& reached = mark.reached[index(raw.lane)];
        if (raw.first_seq <= mark.stored[index(raw.lane)]) {
            ++stored_count;
        } else if (raw.first_seq <= reached) {
            return Freshness::mixed;
        }
        reached = std::max(reached, raw.last_seq);
    }
    for (const GapRow& gap : commit.gaps) {
        const StreamMark& mark = stream(gap.device_no, gap.stream_id);
        if (gap.first_seq <= mark.stored[index(gap.lane)]) ++stored_count;
    }
    if (stored_count == 0) return Freshness::fresh;
    return stored_count == commit.raw.size() + commit.gaps.size() ? Freshness::stored
                                                                  : Freshness::mixed;
}

Status CommitWriter::write_devices(const Commit& commit) {
    SQLite::Statement& upsert = statements_->device;
    SQLite::Statement& update = statements_->device_state;
    for (const DeviceStateRow& device : commit.devices) {
        if (info_is_stored(device.info)) {
            Binder(update)
                .integer(device.info.no)
                .time(device.info.last_seen_at)
                .blob(device.state);
            if (update.exec() == 1) continue;
        }
        Binder binder(upsert);
        bind(binder, device.info);
        binder.blob(device.state);
        if (upsert.exec() == 1) {
            remember_info(device.info);
            continue;
        }
        return fail(Errc::conflict, "device number " + std::to_string(device.info.no) +
                                        " belongs to another device than " + device.info.tenant +
                                        "/" + device.info.device_id +
                                        "; nothing of the commit was kept");
    }
    for (const SettingsRow& row : commit.settings) {
        Binder binder(statements_->settings);
        bind(binder, row);
        statements_->settings.exec();
    }
    for (const PresenceRow& row : commit.presences) {
        Binder binder(statements_->presence);
        bind(binder, row);
        statements_->presence.exec();
    }
    return {};
}

void CommitWriter::write_telemetry(const Commit& commit) {
    for (const RawReport& raw : commit.raw) {
        const StreamMark& mark = stream(raw.device_no, raw.stream_id);
        Binder binder(statements_->raw);
        binder.integer(raw.device_no).integer(mark.stream_no).bits(index(raw.lane));
        binder.bits(raw.first_seq).bits(raw.last_seq).integer(raw.record_count);
        binder.time(raw.t0).time(raw.received_at).blob(raw.bytes);
        statements_->raw.exec();
    }
    for (const FaultRow& fault : commit.faults) {
        const StreamMark& mark = stream(fault.device_no, fault.stream_id);
        Binder binder(statements_->fault);
        binder.integer(fault.device_no).integer(mark.stream_no).bits(fault.seq).integer(fault.code);
        binder.integer(static_cast<std::int64_t>(fault.state)).integer(fault.occurrences);
        binder.time(fault.occurred_at).integer(fault.error_ms).time(fault.received_at);
        statements_->fault.exec();
    }
    for (const GapRow& gap : commit.gaps) {
        const StreamMark& mark = stream(gap.device_no, gap.stream_id);
        Binder binder(statements_->gap);
        binder.integer(gap.device_no).integer(mark.stream_no).bits(index(gap.lane));
        binder.bits(gap.first_seq).bits(gap.last_seq).time(gap.received_at);
        statements_->gap.exec();
    }
    for (const StreamRow& row : commit.streams) {
        StreamMark& mark = stream(row.device_no, row.stream_id);
        for (std::size_t i = 0; i < kLaneCount; ++i) {
            mark.stored[i] = std::max(mark.stored[i], row.high_water[i]);
        }
        Binder binder(statements_->mark_stream);
        binder.integer(mark.stream_no).bits(row.high_water[index(Lane::urgent)]);
        binder.bits(row.high_water[index(Lane::bulk)]).time(row.last_at);
        statements_->mark_stream.exec();
    }
}

/// Only the state after the commit must hold one open ticket per incident, but SQLite checks row by
/// row: tickets that ended go first and make room.
void CommitWriter::write_tickets(const Commit& commit) {
    std::unordered_map<std::string_view, const Ticket*> last;
    for (const Ticket& ticket : commit.tickets) last[ticket.id] = &ticket;
    for (const bool open : {false, true}) {
        for (const Ticket& ticket : commit.tickets) {
            if (is_open(ticket.state) != open || last[ticket.id] != &ticket) continue;
            Binder binder(statements_->ticket);
            bind(binder, ticket);
            statements_->ticket.exec();
        }
    }
}

void CommitWriter::write_desk(const Commit& commit) {
    write_tickets(commit);
    for (const TicketEvent& event : commit.events) {
        Binder binder(statements_->event);
        bind(binder, event);
        statements_->event.exec();
    }
    for (const Contact& contact : commit.contacts) {
        Binder binder(statements_->contact);
        bind(binder, contact);
        statements_->contact.exec();
    }
    write_problems(commit);
    for (const Watch& watch : commit.watches) {
        Binder binder(statements_->watch);
        bind(binder, watch);
        statements_->watch.exec();
    }
    for (const Outcome& outcome : commit.outcomes) write_outcome(outcome);
    for (const Trial& trial : commit.trials) {
        Binder binder(statements_->trial);
        bind(binder, trial);
        statements_->trial.exec();
    }
    for (const RuleStanding& standing : commit.standings) {
        Binder binder(statements_->standing);
        bind(binder, standing);
        statements_->standing.exec();
    }
    for (const SlaTerms& terms : commit.sla_terms) {
        const std::string text = terms_text(terms);
        Binder(statements_->sla_terms).text(terms.id).text(text);
        statements_->sla_terms.exec();
    }
}

void CommitWriter::write_desk_due(const Commit& commit) {
    const auto run = [](SQLite::Statement& statement, const DeskDue& due) {
        Binder(statement).text(due.ticket_id).text(due.centre).integer(due.version);
        statement.exec();
    };
    for (const DeskDue& due : commit.desk_done) run(statements_->desk_done, due);
    for (const DeskDue& due : commit.desk_due) run(statements_->desk_due, due);
}

/// As with tickets: what is settled makes room for the next problem of its key.
void CommitWriter::write_problems(const Commit& commit) {
    for (const bool unsettled : {false, true}) {
        for (const Problem& problem : commit.problems) {
            if (is_unsettled(problem.state) != unsettled) continue;
            Binder binder(statements_->problem);
            bind(binder, problem);
            statements_->problem.exec();
        }
    }
    for (const ProblemDevice& device : commit.problem_devices) {
        Binder binder(statements_->problem_device);
        bind(binder, device);
        statements_->problem_device.exec();
    }
    for (const ProblemEvent& event : commit.problem_events) {
        Binder binder(statements_->problem_event);
        bind(binder, event);
        statements_->problem_event.exec();
    }
}

void CommitWriter::write_outcome(const Outcome& outcome) {
    Binder binder(statements_->outcome);
    bind(binder, outcome);
    statements_->outcome.exec();
    Binder(statements_->drop_parts).text(outcome.tenant).text(outcome.id);
    statements_->drop_parts.exec();
    std::int64_t no = 0;
    for (const Part& part : outcome.parts) {
        Binder row(statements_->part);
        row.text(outcome.tenant).text(outcome.id).integer(++no).text(part.number);
        row.text(part.old_serial).text(part.new_serial);
        statements_->part.exec();
    }
}

void CommitWriter::write_answers(const Commit& commit) {
    Statements& of = *statements_;
    for (const AnswerRow& row : commit.answers) {
        Binder binder(of.answer);
        binder.text(row.tenant).text(row.token).text(row.key).text(row.fingerprint);
        binder.time(row.at).integer(row.status).text(row.body);
        of.answer.exec();
        Binder(of.surplus_answers).text(row.tenant).text(row.token).bits(kAnswersPerTokenMax);
        of.surplus_answers.exec();
        Binder(of.old_answers).text(row.tenant).text(row.token).time(row.at - kAnswerKept);
        of.old_answers.exec();
    }
}

void CommitWriter::write_totals(const Totals& totals) {
    Binder(statements_->totals)
        .bits(totals.reports)
        .bits(totals.records)
        .bits(totals.duplicate_records)
        .bits(totals.gap_records);
    statements_->totals.exec();
}

}  // namespace aftercare::collector::sqlite
