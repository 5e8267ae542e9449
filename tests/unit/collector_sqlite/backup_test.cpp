// Backups are whole, taken beside a writer, and never overwrite; a restore is checked first and
// keeps what was there.
#include "collector/io/sqlite/backup.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "collector/io/sqlite/content_hash.hpp"
#include "tests/contract/commits.hpp"
#include "tests/unit/collector_sqlite/database.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

Commit nth_commit(std::uint64_t k) {
    Commit commit;
    commit.devices = {device(1)};
    for (std::uint64_t i = 0; i < 20; ++i) {
        add_report(commit, 1, k * 20 + i + 1, 1);
        commit.raw.back().bytes = std::string(4096, static_cast<char>('a' + k % 26));
    }
    commit.totals = {};
    commit.totals.reports = k + 1;
    commit.totals.records = (k + 1) * 20;
    return commit;
}

}  // namespace

TEST_GROUP(Backup) {
    ScratchDatabase database{"backup"};
    const std::string copy = database.path("copy.db");
    std::unique_ptr<SqliteStore> store = database.open();

    void fill(std::uint64_t from, std::uint64_t to) {
        for (std::uint64_t k = from; k < to; ++k) CHECK(store->apply(nth_commit(k)).has_value());
    }
    std::uint64_t hash(const std::string& path) const {
        return database_content_hash(path).value();
    }
    Result<RestoreReport> put_back() {
        return restore(copy, database.path(), wall_from_unix_ms(1'767'225'600'000), {});
    }
    void damage(const std::string& path) {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(8192);
        file << std::string(std::filesystem::file_size(path) - 8192, '\xA5');
    }
};

// promise: backup
TEST(Backup, is_one_moment_of_a_database_that_is_being_written) {
    fill(0, 60);
    const std::uint64_t before = hash(database.path());
    std::uint64_t next = 60;
    std::uint64_t steps = 0;
    // Twice as many pages as a step copies, and a commit between any two steps.
    const auto report =
        back_up(database.path(), copy, [&](std::uint64_t done, std::uint64_t total) {
            CHECK(done <= total);
            ++steps;
            if (next < 70) fill(next, next + 1);
            ++next;
        });
    CHECK_TEXT(report.has_value(), report ? "" : report.error().message.c_str());
    CHECK(before == hash(copy));
    CHECK(before != hash(database.path()));
    CHECK(next > 60 && steps < 20);
    UNSIGNED_LONGS_EQUAL(std::filesystem::file_size(copy), report->bytes);
    CHECK_FALSE(std::filesystem::exists(copy + ".partial"));
}

TEST(Backup, never_overwrites) {
    std::ofstream(copy) << "mine";
    const auto report = back_up(database.path(), copy, {});
    CHECK(!report && report.error().code == Errc::conflict);
    STRCMP_CONTAINS("never overwrites", report.error().message.c_str());
    UNSIGNED_LONGS_EQUAL(4, std::filesystem::file_size(copy));
}

TEST(Backup, is_as_private_as_the_database) {
    ::chmod(database.path().c_str(), 0600);
    CHECK(back_up(database.path(), copy, {}).has_value());
    struct stat info {};
    ::stat(copy.c_str(), &info);
    UNSIGNED_LONGS_EQUAL(0600, info.st_mode & 0777);
}

TEST(Backup, of_a_damaged_database_is_refused_and_leaves_nothing) {
    fill(0, 3);
    store.reset();
    damage(database.path());
    const auto report = back_up(database.path(), copy, {});
    CHECK(!report && report.error().code == Errc::corrupt);
    CHECK_FALSE(std::filesystem::exists(copy));
    CHECK_FALSE(std::filesystem::exists(copy + ".partial"));
}

TEST(Backup, into_a_missing_folder_names_it) {
    const auto report = back_up(database.path(), database.path("nowhere/copy.db"), {});
    CHECK(!report && report.error().code == Errc::unavailable);
    STRCMP_CONTAINS("nowhere/copy.db", report.error().message.c_str());
}

TEST(Backup, put_back_is_what_it_was_and_keeps_what_was_there) {
    fill(0, 5);
    const std::uint64_t then = hash(database.path());
    CHECK(back_up(database.path(), copy, {}).has_value());
    fill(5, 8);
    const std::uint64_t later = hash(database.path());
    store.reset();
    const auto report = put_back();
    CHECK_TEXT(report.has_value(), report ? "" : report.error().message.c_str());
    CHECK(then == hash(database.path()));
    STRCMP_EQUAL((database.path() + ".before-restore-20260101T000000Z").c_str(),
                 report->kept_aside.c_str());
    CHECK(later == hash(report->kept_aside));
    store = database.open();
    fill(5, 6);
    STRCMP_EQUAL("wal", database.sql("PRAGMA journal_mode").c_str());
}

// promise: backup
TEST(Backup, is_not_put_back_under_a_running_collector) {
    CHECK(back_up(database.path(), copy, {}).has_value());
    const auto report = put_back();
    CHECK(!report && report.error().code == Errc::unavailable);
    STRCMP_CONTAINS("belongs to a running collector", report.error().message.c_str());
}

TEST(Backup, that_is_damaged_is_not_put_back) {
    fill(0, 5);
    CHECK(back_up(database.path(), copy, {}).has_value());
    const std::uint64_t before = hash(database.path());
    store.reset();
    damage(copy);
    const auto report = put_back();
    CHECK(!report && report.error().code == Errc::corrupt);
    CHECK(before == hash(database.path()));
    CHECK_FALSE(std::filesystem::exists(database.path() + ".restoring"));
}

TEST(Backup, of_another_program_or_a_newer_version_is_not_put_back) {
    store.reset();
    const ScratchDatabase other("other");
    other.sql("CREATE TABLE stamps(price)");
    auto report = restore(other.path(), database.path(), hour(0), {});
    CHECK(!report && report.error().code == Errc::invalid);
    STRCMP_CONTAINS("not a database of the collector", report.error().message.c_str());
    const ScratchDatabase newer("newer");
    newer.open();
    newer.sql("PRAGMA user_version = 99");
    report = restore(newer.path(), database.path(), hour(0), {});
    CHECK(!report && report.error().code == Errc::invalid);
    STRCMP_CONTAINS("schema version 99", report.error().message.c_str());
}

TEST(Backup, replaces_a_database_that_is_damaged) {
    fill(0, 5);
    CHECK(back_up(database.path(), copy, {}).has_value());
    const std::uint64_t then = hash(database.path());
    store.reset();
    damage(database.path());
    const auto report = put_back();
    CHECK_TEXT(report.has_value(), report ? "" : report.error().message.c_str());
    CHECK(then == hash(database.path()));
    CHECK(std::filesystem::exists(report->kept_aside));
}

TEST_GROUP(DamagedAtStart) {
    ScratchDatabase database{"damaged-start"};
    void setup() override {
        const auto store = database.open();
        for (std::uint64_t k = 0; k < 20; ++k) CHECK(store->apply(nth_commit(k)).has_value());
    }
    /// The last page, which holds raw reports: nothing that a start loads.
    void damage_telemetry() {
        std::fstream file(database.path(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(database.path())) - 8192);
        file << std::string(8192, '\xA5');
    }
};

TEST(DamagedAtStart, is_found_before_anything_is_written_with_the_way_out) {
    damage_telemetry();
    const auto store = SqliteStore::open(database.path());
    CHECK(!store && store.error().code == Errc::corrupt);
    STRCMP_CONTAINS("aftercare-collector restore --db", store.error().message.c_str());
}

TEST(DamagedAtStart, is_moved_aside_with_its_log_when_told) {
    damage_telemetry();
    const auto aside = set_aside(database.path(), "corrupt", wall_from_unix_ms(1'767'225'600'000));
    CHECK_TEXT(aside.has_value(), aside ? "" : aside.error().message.c_str());
    STRCMP_EQUAL((database.path() + ".corrupt-20260101T000000Z").c_str(), aside->c_str());
    CHECK(std::filesystem::exists(*aside));
    CHECK_FALSE(std::filesystem::exists(database.path()));
    const auto store = database.open();
    UNSIGNED_LONGS_EQUAL(0, store->load(Settings{}, hour(0))->totals.reports);
}
