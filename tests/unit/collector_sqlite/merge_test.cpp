// Merging raw reports into chunks changes nothing that is read, whenever it is interrupted.
#include "collector/io/sqlite/raw_reader.hpp"
#include "tests/unit/collector_sqlite/dying_housekeeper.hpp"
#include "tests/unit/collector_sqlite/telemetry_fleet.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

TEST_GROUP(Merge) {
    ScratchDatabase database{"merge"};
    TelemetryFleet fleet{3};

    void fill(SqliteStore & store, int commits, std::uint32_t records = 4) {
        fill(store, fleet, commits, records);
    }
    static void fill(SqliteStore & store, TelemetryFleet & fleet, int commits,
                     std::uint32_t records) {
        for (int i = 0; i < commits; ++i) {
            const Status applied = store.apply(fleet.next(records));
            if (!applied) FAIL(applied.error().message.c_str());
        }
    }
    std::string number(const char* sql) {
        return database.sql(sql);
    }
};

// promise: telemetry-kept
TEST(Merge, changes_nothing_that_is_read) {
    const auto store = database.open({.durable = false, .merge = kMergeAtOnce});
    for (int round = 0; round < 12; ++round) {
        fill(*store, 5);
        const std::uint64_t before = content(database);
        const Counts counts = database.queries()->counts().value();
        settle(*store, fleet.now());
        CHECK(before == content(database));
        STRCMP_EQUAL("", unsound(database).c_str());
        const Counts after = database.queries()->counts().value();
        UNSIGNED_LONGS_EQUAL(counts.raw_records, after.raw_records);
        UNSIGNED_LONGS_EQUAL(counts.raw_reports, after.raw_reports);
        STRCMP_EQUAL("0", number("SELECT count(*) FROM raw_report").c_str());
    }
    CHECK(std::stoi(number("SELECT max(record_count) FROM chunk")) >= 100);
}

TEST(Merge, keeps_a_lane_in_few_chunks_of_bounded_size) {
    const auto store = database.open({.durable = false, .merge = kMergeAtOnce});
    TelemetryFleet one(1);
    for (int round = 0; round < 60; ++round) {
        fill(*store, one, 2, 50);
        settle(*store, one.now());
    }
    // 6,000 records: full chunks, and less than 7 of each smaller size.
    CHECK(std::stoi(number("SELECT max(record_count) FROM chunk")) <= 2048);
    CHECK(std::stoi(number("SELECT max(n) FROM (SELECT count(*) AS n FROM chunk "
                           "GROUP BY stream_no, lane)")) <= 30);
    STRCMP_EQUAL("", unsound(database).c_str());
}

TEST(Merge, that_begins_because_a_day_went_by_leaves_one_young_chunk_per_lane) {
    const auto store = database.open({.durable = false});
    TelemetryFleet one(1);
    for (int round = 0; round < 6; ++round) {
        fill(*store, one, 4, 25);
        settle(*store, one.now() + hours_ms(25));
    }
    // 600 records in both lanes, which a chunk each may hold.
    STRCMP_EQUAL("2", number("SELECT count(*) FROM chunk").c_str());
    STRCMP_EQUAL("600", number("SELECT sum(record_count) FROM chunk").c_str());
    STRCMP_EQUAL("", unsound(database).c_str());
}

TEST(Merge, lets_commits_in_between_any_two_steps) {
    const auto store = database.open({.durable = false, .merge = kMergeAtOnce});
    ScratchDatabase plain("plain");
    const auto plain_store = plain.open();
    for (int i = 0; i < 150; ++i) {
        const Commit commit = fleet.next();
        CHECK(store->apply(commit).has_value());
        CHECK(plain_store->apply(commit).has_value());
        CHECK(store->maintain(fleet.now()).has_value());
        if (i % 30 == 0) STRCMP_EQUAL("", unsound(database).c_str());
    }
    CHECK(content(plain) == content(database));
    CHECK(std::stoi(number("SELECT count(*) FROM chunk")) > 0);
}

// promise: telemetry-kept
TEST(Merge, that_dies_at_any_statement_loses_nothing_and_doubles_nothing) {
    TelemetryFleet two(2);
    fill(*database.open(), two, 4, 4);
    const std::uint64_t before = content(database);
    const ScratchDatabase copy("merge-copy");
    DyingHousekeeper housekeeper({.merge = kMergeAtOnce});
    int at = 0;
    int found = 0;
    for (;; ++at) {
        copy_database(database, copy);
        if (!housekeeper.dies(copy, at, two.now())) break;
        const bool whole = content(copy) == before && unsound(copy).empty();
        // What died takes up its work where it was.
        const auto store = copy.open({.durable = false, .merge = kMergeAtOnce});
        settle(*store, two.now());
        if (!whole || content(copy) != before || !unsound(copy).empty()) ++found;
        STRCMP_EQUAL("0", copy.sql("SELECT count(*) FROM raw_report").c_str());
    }
    LONGS_EQUAL(0, found);
    CHECK(at > 20);
}

TEST(Merge, waits_until_there_is_enough_or_it_is_old) {
    const auto store = database.open({.durable = false, .merge = {.reports_min = 100}});
    fill(*store, 5);
    CHECK_FALSE(store->maintain(fleet.now()).value());
    CHECK(store->maintain(fleet.now() + hours_ms(25)).value());
}

TEST(Merge, returns_the_pages_of_merged_reports) {
    const auto store = database.open({.durable = false, .merge = kMergeAtOnce});
    fill(*store, 150, 20);
    settle(*store, fleet.now());
    const double pages = std::stod(number("PRAGMA page_count"));
    CHECK(std::stod(number("PRAGMA freelist_count")) <= pages / 32 + 128);
}

TEST(Merge, of_a_damaged_chunk_is_an_error_and_changes_nothing) {
    const auto store = database.open({.durable = false, .merge = kMergeAtOnce});
    const char* const lane_chunks =
        "SELECT max(n) FROM (SELECT count(*) AS n FROM chunk GROUP BY stream_no, lane)";
    do {
        fill(*store, 1);
        settle(*store, fleet.now());
    } while (std::stoi(number(lane_chunks)) < 7);
    database.sql("UPDATE chunk SET bytes = x'00'");
    STRCMP_CONTAINS("raw_reports: device acme/wm-1", unsound(database).c_str());
    const Status read = read_raw(database.path(), [](const StoredRecord&) -> Status { return {}; });
    CHECK(!read && read.error().code == Errc::corrupt);
    fill(*store, 9);
    Result<bool> more = true;
    while (more && *more) more = store->maintain(fleet.now());
    CHECK(!more && more.error().code == Errc::corrupt);
    STRCMP_CONTAINS("chunk", more.error().message.c_str());
    CHECK(std::stoi(number("SELECT count(*) FROM young_report")) > 0);
    CHECK(store->apply(fleet.next()).has_value());
}
