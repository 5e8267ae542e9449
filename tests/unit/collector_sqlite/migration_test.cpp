// Databases of every earlier schema version open, keep what they hold, and end with the newest
// tables.
#include <fstream>
#include <iterator>
#include <string>

#include "collector/core/engine.hpp"
#include "collector/io/sqlite/content_hash.hpp"
#include "collector/io/sqlite/schema.hpp"
#include "collector/io/sqlite/tokens.hpp"
#include "common/hash.hpp"
#include "tests/unit/collector_sqlite/telemetry_fleet.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

constexpr const char* kFixture = AFTERCARE_SOURCE_DIR "/tests/unit/collector_sqlite/schema_v1.sql";
constexpr const char* kFixture2 = AFTERCARE_SOURCE_DIR "/tests/unit/collector_sqlite/schema_v2.sql";
constexpr const char* kFixture3 = AFTERCARE_SOURCE_DIR "/tests/unit/collector_sqlite/schema_v3.sql";
constexpr const char* kFixture4 = AFTERCARE_SOURCE_DIR "/tests/unit/collector_sqlite/schema_v4.sql";
constexpr const char* kFixture5 = AFTERCARE_SOURCE_DIR "/tests/unit/collector_sqlite/schema_v5.sql";
constexpr const char* kFixture12 =
    AFTERCARE_SOURCE_DIR "/tests/unit/collector_sqlite/schema_v12.sql";
constexpr const char* kTables =
    "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema "
    "WHERE sql IS NOT NULL ORDER BY name)";

std::string text_of(const char* path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The engine on what a migrated database holds: two devices, both with bytes in `state`.
void check_engine_starts(const ScratchDatabase& database) {
    STRCMP_EQUAL("2", database.sql("SELECT count(*) FROM device WHERE length(state) > 0").c_str());
    const WallTime now = wall_from_unix_ms(1'767'261'600'000);
    const auto store = database.open();
    Loaded loaded = store->load(Settings{}, now).value();
    const StreamRow marks = loaded.streams.at(0);
    const std::string device = loaded.devices.at(0).info.device_id;
    const Catalogue catalogue;
    const auto detector = Detector::create(RulePack{}, catalogue).value();
    const auto engine =
        Engine::create({.tenants = {"acme"}}, catalogue, *detector, std::move(loaded)).value();
    UNSIGNED_LONGS_EQUAL(2, engine->statistics().states_restarted);
    // The last urgent record again, and the one after it.
    Report report;
    report.header = {.device_id = std::string_view{device}, .stream_id = marks.stream_id};
    report.header.lane = Lane::urgent;
    report.header.first_seq = marks.high_water[0];
    report.header.oldest_seq = 1;
    for (const Seq seq : {marks.high_water[0], marks.high_water[0] + 1}) {
        report.records.push_back({.seq = seq, .body = Fault{.code = 1}});
    }
    Commit commit;
    engine->on_report("acme", device, report, "bytes", {Instant{}, now}, commit);
    engine->finish(commit);
    UNSIGNED_LONGS_EQUAL(1, commit.raw.at(0).record_count);
    UNSIGNED_LONGS_EQUAL(marks.high_water[0] + 1, commit.raw.at(0).last_seq);
    CHECK(commit.gaps.empty());
    CHECK(store->apply(commit).has_value());
}

/// Brings a database by the program's own steps from one version to another.
void take_steps(const ScratchDatabase& database, int from, int to) {
    for (int version = from; version < to; ++version) {
        const auto step = sqlite::schema_steps()[static_cast<std::size_t>(version)];
        STRCMP_EQUAL("", database.sql(std::string(step)).c_str());
    }
    database.sql("PRAGMA application_id = 1095128131; PRAGMA user_version = " + std::to_string(to));
}

/// With every kind of row there was at version 12.
void make_version_12(const ScratchDatabase& database) {
    database.sql(text_of(kFixture));
    take_steps(database, 1, 12);
    STRCMP_EQUAL("", database.sql(text_of(kFixture12)).c_str());
}

std::uint64_t content_of(const ScratchDatabase& database) {
    return database_content_hash(database.path()).value();
}

}  // namespace

TEST_GROUP(Migration) {
    ScratchDatabase database{"migration"};
    void setup() override {
        database.sql(text_of(kFixture));
        STRCMP_EQUAL("", database
                             .sql("PRAGMA application_id = 1095128131; "
                                  "PRAGMA user_version = 1")
                             .c_str());
    }
};

TEST(Migration, keeps_what_a_version_1_database_holds) {
    const auto store = database.open();
    const Loaded loaded = store->load(Settings{}, wall_from_unix_ms(1'767'261'600'000)).value();
    UNSIGNED_LONGS_EQUAL(2, loaded.devices.size());
    UNSIGNED_LONGS_EQUAL(1, loaded.open_tickets.size());
    STRCMP_EQUAL("pump_current@3", loaded.open_tickets[0].rule.c_str());
    UNSIGNED_LONGS_EQUAL(2, loaded.outcomes.at(0).parts.size());
    STRCMP_EQUAL("1", database.sql("SELECT count(*) FROM outcome WHERE tenant = 'acme'").c_str());
    STRCMP_EQUAL("", database.sql("PRAGMA foreign_key_check").c_str());
    const Counts counts = database.queries()->counts().value();
    UNSIGNED_LONGS_EQUAL(15, counts.raw_records);
    UNSIGNED_LONGS_EQUAL(3, counts.gap_records);
    UNSIGNED_LONGS_EQUAL(1, counts.totals.refused[std::size_t(RefusalReason::bad_time)]);
}

TEST(Migration, ends_with_the_tables_of_a_new_database) {
    database.open();
    const ScratchDatabase fresh("fresh");
    fresh.open();
    STRCMP_EQUAL(fresh.sql(kTables).c_str(), database.sql(kTables).c_str());
    STRCMP_EQUAL(fresh.sql("PRAGMA user_version").c_str(),
                 database.sql("PRAGMA user_version").c_str());
    STRCMP_EQUAL("wal", database.sql("PRAGMA journal_mode").c_str());
}

TEST(Migration, is_left_to_the_owner_of_the_database) {
    database.sql("PRAGMA user_version = 0");
    const auto queries = SqliteQueries::open(database.path());
    CHECK(!queries && queries.error().code == Errc::unavailable);
    STRCMP_CONTAINS("has schema version 0", queries.error().message.c_str());
}

TEST(Migration, that_fails_leaves_the_database_as_it_was) {
    // Version 0 with tables in the way: the first step cannot run.
    database.sql("PRAGMA user_version = 0");
    const std::string before = database.sql(kTables);
    const auto store = SqliteStore::open(database.path());
    CHECK_FALSE(store.has_value());
    STRCMP_EQUAL(before.c_str(), database.sql(kTables).c_str());
    STRCMP_EQUAL("0", database.sql("PRAGMA user_version").c_str());
}

TEST(Migration, keeps_what_a_version_2_database_holds) {
    // Chunks, retention, and a merge that was under way.
    const ScratchDatabase second("migration-2");
    second.sql(text_of(kFixture2));
    second.sql("PRAGMA application_id = 1095128131; PRAGMA user_version = 2");
    STRCMP_EQUAL("4", second.sql("SELECT count(*) FROM chunk").c_str());
    const auto store = second.open({.durable = false, .merge = kMergeAtOnce});
    for (const bool merged : {false, true}) {
        const Counts counts = second.queries()->counts().value();
        UNSIGNED_LONGS_EQUAL(69, counts.raw_records);
        UNSIGNED_LONGS_EQUAL(3, counts.expired_records);
        STRCMP_EQUAL("", unsound(second).c_str());
        if (!merged) settle(*store, hour(48));
    }
    STRCMP_EQUAL("0", second.sql("SELECT count(*) FROM raw_report").c_str());
}

TEST(Migration, counts_what_a_version_3_database_has_decided) {
    const ScratchDatabase third("migration-3");
    third.sql(text_of(kFixture2));
    STRCMP_EQUAL("", third.sql(text_of(kFixture3)).c_str());
    third.sql("PRAGMA application_id = 1095128131; PRAGMA user_version = 3");
    const auto store = third.open();
    const Loaded loaded = store->load(Settings{}, wall_from_unix_ms(1'767'261'600'000)).value();
    UNSIGNED_LONGS_EQUAL(1, loaded.tallies.size());
    STRCMP_EQUAL("pump_current@3", loaded.tallies[0].rule.c_str());
    CHECK(loaded.tallies[0].count == (DecidedCount{1, 0}));
    CHECK(loaded.trials.empty() && loaded.standings.empty());
    UNSIGNED_LONGS_EQUAL(4, loaded.settings.at(0).settings.refused_version);
    STRCMP_EQUAL("", unsound(third).c_str());
    const ScratchDatabase fresh("fresh");
    fresh.open();
    STRCMP_EQUAL(fresh.sql(kTables).c_str(), third.sql(kTables).c_str());
}

TEST(Migration, keeps_what_databases_of_versions_4_and_5_hold) {
    for (const int version : {4, 5}) {
        const ScratchDatabase older("migration-" + std::to_string(version));
        for (const char* fixture : {kFixture2, kFixture3, kFixture4, kFixture5}) {
            if (version == 4 && fixture == kFixture5) continue;
            STRCMP_EQUAL("", older.sql(text_of(fixture)).c_str());
        }
        older.sql("PRAGMA application_id = 1095128131; PRAGMA user_version = " +
                  std::to_string(version));
        const Loaded loaded = older.open()->load(Settings{}, hour(0)).value();
        UNSIGNED_LONGS_EQUAL(1, loaded.standings.size());
        // What a rule did before its changes had a place among the events is no news.
        STRCMP_EQUAL("0",
                     older.sql("SELECT count(*) FROM event_position WHERE rule_id <> ''").c_str());
        CHECK(loaded.presences.empty());
        const auto tokens = SqliteTokens::open(older.path()).value();
        CHECK(tokens->find(std::string(63, '0') + "7").has_value());
        CHECK_FALSE(tokens->list()->back().revoked_at.has_value());
        UNSIGNED_LONGS_EQUAL(69, older.queries()->counts().value().raw_records);
    }
}

TEST(Migration, keeps_the_promises_that_tickets_were_opened_under) {
    const std::string due = database.sql("SELECT resolution_due_at FROM ticket");
    database.open();
    STRCMP_EQUAL(due.c_str(), database.sql("SELECT resolution_due_at FROM ticket").c_str());
    // A running clock has run since the opening; any other stood still at the last change of state.
    STRCMP_EQUAL("0", database
                          .sql("SELECT count(*) FROM ticket t WHERE sla_terms <> '' OR "
                               "sla_running_since IS NOT iif(is_open AND state NOT IN ('on_hold', "
                               "'pending_customer'), opened_at, NULL) OR "
                               "(sla_running_since IS NULL AND opened_at + resolution_spent_ms <> "
                               "(SELECT max(at) FROM ticket_event e WHERE e.ticket_id = "
                               "t.ticket_id AND to_state IS NOT NULL))")
                          .c_str());
}

TEST(Migration, says_of_older_tickets_where_they_went) {
    database.sql("UPDATE ticket SET centre = '' WHERE ticket_id <> 't1'");
    database.open();
    STRCMP_EQUAL("0", database
                          .sql("SELECT count(*) FROM ticket t JOIN ticket_event e USING "
                               "(ticket_id) WHERE no = 1 AND (value <> queue || ':' || centre OR "
                               "queue <> iif(is_open AND centre = '', 'unroutable', 'none'))")
                          .c_str());
    STRCMP_EQUAL(
        "none:north",
        database.sql("SELECT value FROM ticket_event WHERE ticket_id = 't1' AND no = 1").c_str());
}

// promise: state-version
TEST(Migration, of_a_database_with_states_that_no_one_reads_any_more_lets_the_engine_start) {
    check_engine_starts(database);
    const ScratchDatabase second("migration-2");
    second.sql(text_of(kFixture2));
    second.sql("PRAGMA application_id = 1095128131; PRAGMA user_version = 2");
    check_engine_starts(second);
}

TEST(Migration, rests_on_steps_that_never_change) {
    // So a database that the steps bring to a version is what the program of that version made.
    // A new step adds its hash here; a hash that differs means that a shipped step was changed.
    constexpr std::array<std::uint64_t, 15> kSteps{
        0xD5EE4C6423E54FF1U, 0x24BE080D28C8230AU, 0x1045FC858273CB6BU, 0x7CA0027B9BB2EA42U,
        0xB6956040F8A7C32BU, 0x95E714EA1C828FC5U, 0x1C998CD9B6FD7D20U, 0xD210F0F6C785A8DBU,
        0xD342417EFD6BF3C3U, 0x46DB318011613EE3U, 0xF9C1E489CBEB1E60U, 0x2312726B5E79C540U,
        0xB62C6DBB04E558E3U, 0xDAB45EFA4FE67CF0U, 0x2C9FD8F5F8925029U};
    LONGS_EQUAL(kSteps.size(), sqlite::schema_steps().size());
    for (std::size_t i = 0; i < kSteps.size(); ++i) {
        Hash64 hash;
        hash.add(sqlite::schema_steps()[i]);
        const std::string what = "the step to version " + std::to_string(i + 1);
        CHECK_EQUAL_TEXT(kSteps[i], hash.value(), what.c_str());
    }
}

TEST(Migration, from_every_version_ends_with_the_same_content) {
    database.open();
    const std::uint64_t expected = content_of(database);
    for (int version = 2; version <= sqlite::schema_version_newest(); ++version) {
        const ScratchDatabase older("migration-" + std::to_string(version));
        older.sql(text_of(kFixture));
        take_steps(older, 1, version);
        older.open();
        const std::string what = "version " + std::to_string(version);
        CHECK_EQUAL_TEXT(expected, content_of(older), what.c_str());
    }
}

TEST(Migration, keeps_what_a_version_12_database_holds) {
    const ScratchDatabase older("migration-12");
    make_version_12(older);
    const auto store = older.open();
    const Loaded loaded = store->load(Settings{}, wall_from_unix_ms(1'767'272'400'000)).value();
    LONGS_EQUAL(1, loaded.presences.size());
    LONGS_EQUAL(1, loaded.open_tickets.size());
    LONGS_EQUAL(2, loaded.problem_devices.size());
    LONGS_EQUAL(1, loaded.desk_due.size());
    LONGS_EQUAL(2, loaded.outcomes.size());
    const auto queries = older.queries();
    LONGS_EQUAL(201, queries->answer("acme", "desk", "k-1")->status);
    LONGS_EQUAL(2, *queries->newest_event());
    const TicketDetail detail = queries->ticket("t1").value();
    LONGS_EQUAL(2, detail.events.size());
    CHECK(detail.watch && detail.watch->cycle_count == 1);
    STRCMP_EQUAL("P1", detail.problem_id.c_str());
    STRCMP_EQUAL("", older.sql("PRAGMA foreign_key_check").c_str());
}

TEST(Migration, leaves_what_was_refused_before_to_the_operator) {
    const ScratchDatabase older("migration-12");
    make_version_12(older);
    const auto store = older.open();
    const auto queries = older.queries();
    CHECK(queries->quarantine("acme")->empty());
    const auto found = queries->quarantine("").value();
    LONGS_EQUAL(2, found.size());
    UNSIGNED_LONGS_EQUAL(3, found[0].count);
    const auto samples = queries->quarantine_samples(RefusalReason::unknown_device, {}).value();
    LONGS_EQUAL(1, samples.size());
    UNSIGNED_LONGS_EQUAL(3, samples[0].key.ordinal);
    STRCMP_EQUAL("aftercare/v1/acme/00/x/up", samples[0].topic.c_str());
}
