// Retention takes what is old enough, counts it, and nothing else.
#include "collector/io/sqlite/raw_reader.hpp"
#include "tests/unit/collector_sqlite/dying_housekeeper.hpp"
#include "tests/unit/collector_sqlite/telemetry_fleet.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

constexpr milliseconds kForEver{0};

/// Faults, lifecycle (with self-tests), usage, readings, and unknown kinds.
using Tally = std::array<std::uint64_t, 5>;

Tally tally(const ScratchDatabase& database) {
    Tally counts{};
    const Status read = read_raw(database.path(), [&](const StoredRecord& stored) -> Status {
        const Record& record = stored.record;
        const bool lifecycle = std::holds_alternative<Lifecycle>(record.body) ||
                               std::holds_alternative<SelfTest>(record.body);
        ++counts[std::holds_alternative<Fault>(record.body)     ? 0
                 : lifecycle                                    ? 1
                 : std::holds_alternative<Usage>(record.body)   ? 2
                 : std::holds_alternative<Reading>(record.body) ? 3
                                                                : 4];
        return {};
    });
    if (!read) invariant_broken(read.error().message.c_str(), __FILE__, __LINE__);
    return counts;
}

}  // namespace

TEST_GROUP(Retention) {
    ScratchDatabase database{"retention"};
    TelemetryFleet fleet{3, 11};

    void fill(int commits) {
        const auto store = database.open();
        for (int i = 0; i < commits; ++i) {
            const Status applied = store->apply(fleet.next());
            if (!applied) FAIL(applied.error().message.c_str());
        }
    }
    void keep(std::array<milliseconds, kRecordClassCount> keep, WallTime now) {
        settle(*database.open({.durable = false, .merge = kMergeAtOnce, .retention = {keep}}), now);
    }
    std::uint64_t expired() {
        return std::stoull(database.sql("SELECT coalesce(sum(record_count), 0) FROM expired"));
    }
};

TEST(Retention, takes_one_class_and_leaves_the_others) {
    fill(100);
    const Tally before = tally(database);
    const WallTime end = fleet.now();
    keep({kForEver, kForEver, kForEver, hours_ms(240)}, end + hours_ms(10'000));
    Tally after = tally(database);
    UNSIGNED_LONGS_EQUAL(0, after[3]);
    UNSIGNED_LONGS_EQUAL(before[3], expired());
    after[3] = before[3];
    CHECK(before == after);
    STRCMP_EQUAL("", unsound(database).c_str());
    UNSIGNED_LONGS_EQUAL(before[3], database.queries()->counts()->expired_records);
}

// promise: retention-counted
TEST(Retention, accounts_for_every_record_as_time_goes_by) {
    fill(100);
    const Tally before = tally(database);
    const auto records = before[0] + before[1] + before[2] + before[3] + before[4];
    for (int h = 0; h <= 900; h += 60) {
        keep({hours_ms(400), hours_ms(300), hours_ms(200), hours_ms(100)}, hour(h));
        const Tally left = tally(database);
        UNSIGNED_LONGS_EQUAL(records, expired() + left[0] + left[1] + left[2] + left[3] + left[4]);
        STRCMP_EQUAL("", unsound(database).c_str());
    }
    const Tally left = tally(database);
    UNSIGNED_LONGS_EQUAL(0, left[0] + left[1] + left[2] + left[3]);
    UNSIGNED_LONGS_EQUAL(before[4], left[4]);
}

TEST(Retention, keeps_what_is_young_enough) {
    fill(60);
    const WallTime now = fleet.now();
    keep({kForEver, kForEver, kForEver, hours_ms(100)}, now);
    std::uint64_t kept = 0;
    const Status read = read_raw(database.path(), [&](const StoredRecord& stored) -> Status {
        if (!std::holds_alternative<Reading>(stored.record.body)) return {};
        const auto at = hour(static_cast<std::int64_t>(stored.record.uptime_ms / 3'600'000) - 1);
        CHECK(at >= now - hours_ms(100 + 24));
        ++kept;
        return {};
    });
    CHECK(read.has_value());
    CHECK(kept > 50);
    CHECK(expired() > 50);
}

TEST(Retention, spares_a_device_with_an_open_ticket_until_it_ends) {
    fill(50);
    {
        const auto store = database.open();
        Commit commit;
        commit.tickets = {ticket("t1", 2, "m")};
        commit.events = {event("t1", 1, "opened", std::nullopt, TicketState::open)};
        commit.totals = store->load(Settings{}, hour(0))->totals;
        CHECK(store->apply(commit).has_value());
    }
    const std::string of_2 = "SELECT count(*) FROM expired WHERE device_no = 2";
    const std::string of_others = "SELECT count(*) FROM expired WHERE device_no <> 2";
    const std::array all{hours_ms(24), hours_ms(24), hours_ms(24), hours_ms(24)};
    keep(all, fleet.now() + hours_ms(100));
    STRCMP_EQUAL("0", database.sql(of_2).c_str());
    CHECK(database.sql(of_others) != "0");
    database.sql("UPDATE ticket SET state = 'closed'");
    keep(all, fleet.now() + hours_ms(100));
    CHECK(database.sql(of_2) != "0");
}

TEST(Retention, is_noticed_when_it_took_more_or_less_than_it_says) {
    fill(40);
    keep({kForEver, kForEver, kForEver, hours_ms(24)}, fleet.now());
    STRCMP_EQUAL("", unsound(database).c_str());
    database.sql("UPDATE expired SET record_count = record_count + 1 WHERE device_no = 1");
    STRCMP_CONTAINS("records are missing, retention took", unsound(database).c_str());
    database.sql(
        "UPDATE expired SET record_count = record_count - 1, through_seq = 1 WHERE device_no = 1");
    STRCMP_CONTAINS("is neither stored nor declared lost", unsound(database).c_str());
}

TEST(Retention, leaves_fault_rows_where_they_are) {
    fill(40);
    const std::string rows = database.sql("SELECT count(*) FROM fault");
    keep({hours_ms(24), kForEver, kForEver, kForEver}, fleet.now() + hours_ms(5'000));
    UNSIGNED_LONGS_EQUAL(0, tally(database)[0]);
    STRCMP_EQUAL(rows.c_str(), database.sql("SELECT count(*) FROM fault").c_str());
    STRCMP_EQUAL("", unsound(database).c_str());
}

// promise: retention-counted
TEST(Retention, that_dies_at_any_statement_has_counted_what_it_took_and_takes_the_rest_later) {
    const StoreOptions thinning{
        .merge = kMergeAtOnce,
        .retention = {{hours_ms(400), kForEver, hours_ms(48), hours_ms(24)}}};
    fill(30);
    settle(*database.open({.merge = kMergeAtOnce}), fleet.now());
    const Tally before = tally(database);
    const auto records = before[0] + before[1] + before[2] + before[3] + before[4];
    const WallTime now = fleet.now() + hours_ms(24);
    const ScratchDatabase copy("retention-copy");
    copy_database(database, copy);
    settle(*copy.open(thinning), now);
    const Tally whole = tally(copy);
    CHECK(whole[3] < before[3]);

    DyingHousekeeper housekeeper(thinning);
    int at = 0;
    for (;; ++at) {
        copy_database(database, copy);
        if (!housekeeper.dies(copy, at, now)) break;
        const Tally left = tally(copy);
        const auto gone =
            std::stoull(copy.sql("SELECT coalesce(sum(record_count), 0) FROM expired"));
        UNSIGNED_LONGS_EQUAL(records, gone + left[0] + left[1] + left[2] + left[3] + left[4]);
        STRCMP_EQUAL("", unsound(copy).c_str());
        settle(*copy.open(thinning), now);
        CHECK(tally(copy) == whole);
    }
    CHECK(at > 20);
}
