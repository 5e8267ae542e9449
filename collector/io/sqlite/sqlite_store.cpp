#include "collector/io/sqlite/sqlite_store.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "collector/io/sqlite/commit_writer.hpp"
#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/housekeeper.hpp"
#include "collector/io/sqlite/integrity.hpp"
#include "collector/io/sqlite/pack_versions.hpp"
#include "collector/io/sqlite/problem_rows.hpp"
#include "collector/io/sqlite/quarantine_rows.hpp"
#include "collector/io/sqlite/rows.hpp"
#include "collector/io/sqlite/rule_rows.hpp"
#include "collector/io/sqlite/schema.hpp"
#include "collector/io/sqlite/sla_rows.hpp"
#include "collector/io/sqlite/writer_lock.hpp"

namespace aftercare::collector {

using namespace sqlite;

namespace {

/// The kernel may have dropped what it could not write, and reports that once per open file.
bool is_of_the_disk(const SQLite::Exception& exception) {
    const int code = exception.getErrorCode() & 0xFF;
    return code == SQLITE_IOERR || code == SQLITE_CORRUPT || code == SQLITE_CANTOPEN;
}

int keep_log_length(void* length, sqlite3*, const char*, int pages) {
    *static_cast<int*>(length) = pages;
    return SQLITE_OK;
}

}  // namespace

struct SqliteStore::Impl {
    Impl(std::string path_given, WriterLock lock_taken, const StoreOptions& options_given)
        : path(std::move(path_given)), lock(std::move(lock_taken)), options(options_given) {}

    /// Throws SQLite::Exception.
    void connect_again() {
        database = connect(path, {.access = Access::create,
                                  .busy_timeout = options.busy_timeout,
                                  .durable = options.durable,
                                  .bytes_max = options.bytes_max});
        // Instead of SQLite's own checkpoints, which keep quiet about a failed sync.
        sqlite3_wal_hook(database->getHandle(), keep_log_length, &log_pages);
    }
    void start_writing() {
        // What a killed collector left in the log may never have reached the disk.
        checkpoint();
        writer.emplace(*database);
        housekeeper.emplace(*database, options.merge, options.retention);
    }
    SQLite::Database& ready() {
        if (!writer) {
            connect_again();
            start_writing();
        }
        return *database;
    }
    /// Statements end first: a connection with open ones does not close.
    void disconnect() {
        housekeeper.reset();
        writer.reset();
        database.reset();
    }
    /// Readers may hold it up: then the next one finishes it.
    void checkpoint() {
        const int code = sqlite3_wal_checkpoint_v2(database->getHandle(), "main",
                                                   SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
        if (code != SQLITE_OK && code != SQLITE_BUSY) {
            throw SQLite::Exception(database->getHandle(), code);
        }
        log_pages = 0;
    }
    /// The commits in the log are safe, so nothing of this is the caller's failure.
    void shorten_log() {
        if (log_pages < options.checkpoint_pages) return;
        try {
            checkpoint();
        } catch (const SQLite::Exception& exception) {
            if (is_of_the_disk(exception)) disconnect();
        }
    }

    std::string path;
    WriterLock lock;
    StoreOptions options;
    int log_pages = 0;
    std::unique_ptr<SQLite::Database> database;  ///< null between a disk error and the next attempt
    std::optional<CommitWriter> writer;
    std::optional<Housekeeper> housekeeper;
};

namespace {

Totals load_totals(SQLite::Database& database) {
    Totals totals;
    SQLite::Statement sums(database,
                           "SELECT reports, records, duplicate_records, gap_records FROM totals");
    if (sums.executeStep()) {
        Row row(sums);
        totals.reports = row.bits();
        totals.records = row.bits();
        totals.duplicate_records = row.bits();
        totals.gap_records = row.bits();
    }
    return totals;
}

void load_devices(SQLite::Database& database, Loaded& loaded) {
    SQLite::Statement devices(database, "SELECT " + std::string(kDeviceColumns) +
                                            ", state FROM device ORDER BY device_no");
    while (devices.executeStep()) {
        Row row(devices);
        DeviceInfo info = read_device(row);
        loaded.devices.push_back({std::move(info), row.text()});
    }
    SQLite::Statement streams(
        database,
        "SELECT device_no, stream_id, high_water_urgent, high_water_bulk, last_at FROM stream "
        "ORDER BY device_no, stream_no");
    while (streams.executeStep()) {
        Row row(streams);
        StreamRow stream;
        stream.device_no = row.count();
        stream.stream_id = row.bits();
        stream.high_water = {row.bits(), row.bits()};
        stream.last_at = row.time();
        loaded.streams.push_back(stream);
    }
    SQLite::Statement settings(database, "SELECT " + std::string(kSettingsColumns) +
                                             " FROM device_settings ORDER BY device_no");
    while (settings.executeStep()) {
        Row row(settings);
        loaded.settings.push_back(read_settings(row));
    }
    SQLite::Statement presences(database, "SELECT " + std::string(kPresenceColumns) +
                                              " FROM device_presence ORDER BY device_no");
    while (presences.executeStep()) {
        Row row(presences);
        loaded.presences.push_back(read_presence(row));
    }
}

std::vector<Ticket> load_tickets(SQLite::Database& database, const std::string& condition,
                                 WallTime since) {
    std::vector<Ticket> tickets;
    SQLite::Statement select(database, "SELECT " + std::string(kTicketColumns) +
                                           " FROM ticket WHERE " + condition +
                                           " ORDER BY opened_at, ticket_id");
    if (select.getBindParameterCount() > 0) Binder(select).time(since);
    while (select.executeStep()) {
        Row row(select);
        tickets.push_back(read_ticket(row));
    }
    return tickets;
}

void load_desk(SQLite::Database& database, WallTime since, Loaded& loaded) {
    SQLite::Statement outcomes(
        database,
        "SELECT " + std::string(kOutcomeColumns) +
            " FROM outcome WHERE at >= ? OR review = 'open' ORDER BY at, outcome_id, tenant");
    SQLite::Statement parts(database,
                            "SELECT " + std::string(kPartColumns) +
                                " FROM outcome_part JOIN outcome USING (tenant, outcome_id) WHERE "
                                "at >= ? OR review = 'open' "
                                "ORDER BY outcome_part.tenant, outcome_part.outcome_id, no");
    SQLite::Statement contacts(database,
                               "SELECT " + std::string(kContactColumns) +
                                   " FROM contact WHERE at >= ? ORDER BY at, contact_id, tenant");
    Binder(outcomes).time(since);
    Binder(parts).time(since);
    Binder(contacts).time(since);
    loaded.outcomes = read_outcomes(outcomes, parts);
    loaded.contacts = read_contacts(contacts);
    SQLite::Statement due(database, "SELECT " + std::string(kDeskDueColumns) +
                                        " FROM desk_due ORDER BY ticket_id, centre");
    while (due.executeStep()) {
        Row row(due);
        std::string ticket_id = row.text();
        std::string centre = row.text();
        loaded.desk_due.push_back({std::move(ticket_id), std::move(centre), row.count()});
    }
}

void load_watches(SQLite::Database& database, Loaded& loaded) {
    SQLite::Statement watches(database, "SELECT " + std::string(kWatchColumns) +
                                            " FROM watch WHERE ticket_id IN (SELECT ticket_id FROM "
                                            "ticket WHERE state = 'resolved') ORDER BY ticket_id");
    while (watches.executeStep()) {
        Row row(watches);
        loaded.watches.push_back(read_watch(row));
    }
}

}  // namespace

SqliteStore::SqliteStore() = default;
SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& path,
                                                       const StoreOptions& options) {
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    std::error_code unreadable;
    if (!folder.empty() && !std::filesystem::is_directory(folder, unreadable)) {
        return fail(Errc::unavailable, "database " + path + ": the folder " + folder.string() +
                                           " does not exist; create it or correct the path");
    }
    Result<WriterLock> lock = WriterLock::take(path);
    if (!lock) return fail(lock.error());
    std::unique_ptr<SqliteStore> store(new SqliteStore);
    store->impl_ = std::make_unique<Impl>(path, std::move(*lock), options);
    Impl& impl = *store->impl_;
    Status opened = guarded(path, [&]() -> Status {
        impl.connect_again();
        Status whole = check_integrity(*impl.database, path, options.check);
        if (!whole) return whole;
        Status prepared = prepare_schema(*impl.database, path, Upgrade::when_older);
        if (prepared) impl.start_writing();
        return prepared;
    });
    if (!opened) return fail(opened.error());
    return store;
}

Result<Loaded> SqliteStore::load(const Settings& settings, WallTime now) {
    return guarded(impl_->path, [&]() -> Result<Loaded> {
        SQLite::Database& database = impl_->ready();
        const Snapshot snapshot(database);
        const WallTime since = now - std::max(settings.match_window, settings.recurrence_window);
        Loaded loaded;
        load_devices(database, loaded);
        loaded.open_tickets = load_tickets(database, "is_open", since);
        loaded.recent_tickets = load_tickets(database,
                                             "NOT is_open AND (state = 'resolved' OR "
                                             "coalesce(resolved_at, closed_at, opened_at) >= ?)",
                                             since);
        load_desk(database, since, loaded);
        load_problems(database, since, loaded);
        load_watches(database, loaded);
        loaded.trials = read_young_trials(database, now - settings.match_window);
        loaded.standings = read_standings(database, StandingRows::last_ones);
        loaded.tallies = read_tallies(database);
        Result<std::vector<SlaTerms>> terms = read_terms(database);
        if (!terms) return fail(terms.error());
        loaded.sla_terms = std::move(*terms);
        loaded.totals = load_totals(database);
        loaded.refusal_counts = read_refusal_counts(database);
        for (const RefusalCount& refused : loaded.refusal_counts) {
            loaded.totals.refused[static_cast<std::size_t>(refused.reason)] += refused.count;
        }
        return loaded;
    });
}

Status SqliteStore::apply(const Commit& commit) {
    Impl& impl = *impl_;
    return guarded(impl.path, [&]() -> Status {
        try {
            Transaction transaction(impl.ready());
            const Result<bool> written = impl.writer->write(commit);
            if (!written) return fail(written.error().within("database " + impl.path));
            transaction.commit();
            impl.writer->committed();
        } catch (const SQLite::Exception& exception) {
            if (is_of_the_disk(exception) || !impl.writer) impl.disconnect();
            throw;
        }
        impl.shorten_log();
        return {};
    });
}

Result<bool> SqliteStore::maintain(WallTime now) {
    Impl& impl = *impl_;
    Result<bool> more = guarded(impl.path, [&]() -> Result<bool> {
        try {
            impl.ready();
            Result<bool> step = impl.housekeeper->step(now);
            if (step) impl.shorten_log();
            return step;
        } catch (...) {
            // A step runs with less syncing than a commit needs; a new connection starts afresh.
            impl.disconnect();
            throw;
        }
    });
    if (more) return more;
    if (impl.housekeeper) impl.housekeeper->start_over();
    return fail(more.error().within("housekeeping"));
}

Status SqliteStore::keep_document(Document kind, std::string_view name, std::uint32_t version,
                                  std::string_view toml, WallTime now) {
    if (kind == Document::rule_pack) {
        return put_in_force({{std::string(name), std::string(name), version, std::string(toml)}},
                            now);
    }
    return guarded(impl_->path, [&]() -> Status {
        SQLite::Statement put(impl_->ready(),
                              "INSERT INTO catalogue(name, version, loaded_at, toml) VALUES "
                              "(?1, ?2, ?3, ?4) ON CONFLICT(name, version) DO UPDATE SET "
                              "loaded_at = ?3, toml = ?4 WHERE toml <> ?4");
        Binder(put).text(name).integer(version).time(now).text(toml);
        put.exec();
        return {};
    });
}

Status SqliteStore::put_in_force(const std::vector<PackText>& packs, WallTime now) {
    return guarded(impl_->path, [&]() -> Status {
        sqlite::put_in_force(impl_->ready(), packs, now);
        return {};
    });
}

Result<std::optional<WallTime>> packs_changed_at(const std::string& path) {
    return guarded(path, [&]() -> Result<std::optional<WallTime>> {
        const auto database = connect(path, {.access = Access::read});
        if (Status ready = prepare_schema(*database, path, Upgrade::never); !ready) {
            return fail(ready.error());
        }
        SQLite::Statement query(*database,
                                "SELECT max(max(since, coalesce(until, since))) FROM rule_pack");
        AFTERCARE_ASSERT(query.executeStep());
        return Row(query).optional_time();
    });
}

namespace {

/// `select`: name, toml, since and, where a pack has one, until.
Result<std::vector<KeptDocument>> read_kept(const std::string& path, const std::string& select) {
    return guarded(path, [&]() -> Result<std::vector<KeptDocument>> {
        const auto database = connect(path, {.access = Access::read});
        if (Status ready = prepare_schema(*database, path, Upgrade::never); !ready) {
            return fail(ready.error());
        }
        SQLite::Statement query(*database, select);
        std::vector<KeptDocument> documents;
        while (query.executeStep()) {
            Row row(query);
            KeptDocument& document = documents.emplace_back();
            document.name = row.text();
            document.toml = row.text();
            document.loaded_at = row.time();
            document.until = row.optional_time();
        }
        return documents;
    });
}

}  // namespace

Result<std::vector<KeptDocument>> read_documents(const std::string& path, Document kind) {
    return read_kept(path, kind == Document::catalogue
                               ? "SELECT name, toml, loaded_at, NULL, max(version) FROM catalogue "
                                 "GROUP BY name ORDER BY name"
                               : "SELECT name, toml, since, until FROM rule_pack "
                                 "WHERE until IS NULL ORDER BY name");
}

Result<std::vector<KeptDocument>> read_pack_history(const std::string& path) {
    return read_kept(path, "SELECT name, toml, since, until FROM rule_pack ORDER BY since, no");
}

}  // namespace aftercare::collector
